#include "experiments/meta_hebbian_problem.hpp"

#include <stdexcept>
#include <string>

#include "core/control/acrobot.hpp"
#include "core/control/cart_pole.hpp"
#include "core/control/mountain_car.hpp"
#include "core/control/mountain_car_continuous.hpp"
#include "core/control/pendulum.hpp"
#include "core/control/policies/plastic_policy.hpp"
#include "core/control/rollout.hpp"

namespace engram {

namespace {

template <class Task>
class PlasticProblemOf final : public PlasticProblem {
 public:
  PlasticProblemOf(Parameters const& p, double target)
      : target_(p.text("target") == "given" ? p.real("target_return") : target),
        start_width_(p.real("first_weights")),
        shape_(plastic_shape<Task>()) {
    if (p.integer("max_steps") > 0) task_.max_steps = static_cast<int>(p.integer("max_steps"));
    for (auto const* name : {"hidden_units", "second_hidden_units"})
      if (p.integer(name) > 0)
        shape_.hidden[shape_.num_hidden++] = static_cast<int>(p.integer(name));
  }

  PolicyShape const& shape() const override { return shape_; }
  int max_steps() const override { return task_.max_steps; }
  double target() const override { return target_; }

  void run(ExecutionSpace const& space, PlasticNets const& nets, EpisodeRange const& episodes,
           RolloutResult const& result) const override {
    using Policy = PlasticPolicy<Task>;
    typename Policy::Work const work(
        Kokkos::view_alloc(Kokkos::WithoutInitializing, "engram::experiments::plastic_weights"),
        result.returns.extent(0), result.returns.extent(1), nets.num_synapses());
    Policy const policy{
        shape_,         nets.rules(), nets.weights(), work, episodes.key.stream("first weights"),
        episodes.first, start_width_};
    rollout(space, task_, policy, {episodes.key, episodes.first, 0}, result);
  }

 private:
  Task task_;
  double target_, start_width_;
  PolicyShape shape_;
};

template <class Task>
std::unique_ptr<PlasticProblem const> make(Parameters const& p, double target) {
  return std::make_unique<PlasticProblemOf<Task> const>(p, target);
}

struct PlasticTask {
  char const* name;
  std::unique_ptr<PlasticProblem const> (*make)(Parameters const&, double);
  double target;
};

/// Those of control_problem whose observations are real numbers.
constexpr PlasticTask plastic_tasks[] = {
    {"cart_pole", make<CartPole>, 475.0},
    {"acrobot", make<Acrobot>, -100.0},
    {"mountain_car", make<MountainCar>, -110.0},
    {"mountain_car_continuous", make<MountainCarContinuous>, 90.0},
    {"pendulum", make<Pendulum>, -150.0},
};

}  // namespace

std::vector<ParameterSpec> plastic_problem_parameters() {
  std::vector<std::string> names;
  for (auto const& task : plastic_tasks) names.emplace_back(task.name);
  return {
      choice("task", "cart_pole", names).means("control task, as Gymnasium has it").from("here"),
      integer("max_steps", 0)
          .range(0, 1e6)
          .means("after which an episode is cut off; 0: the task's own number")
          .from("here"),
      choice("target", "task", {"task", "given"})
          .means("the mean return that solves the task: cart_pole 475, acrobot -100, mountain_car "
                 "-110, mountain_car_continuous 90, pendulum -150")
          .from("Gymnasium; pendulum: here"),
      real("target_return", 0.0).range(-1e300, 1e300).means("if given: that return").from("here"),
      integer("hidden_units", 16)
          .range(0, PolicyShape::max_width)
          .means("of the first hidden layer, tanh; 0: none (in the paper's code 128)")
          .from("here"),
      integer("second_hidden_units", 0)
          .range(0, PolicyShape::max_width)
          .means("of the second one; 0: none (in the paper's code 64)")
          .from("here"),
      real("first_weights", 0.1)
          .range(0.0, 1e30)
          .means("weights that are not evolved are uniform in +- this, anew in each episode")
          .from("Najarro & Risi 2020, arXiv 2007.02686"),
  };
}

std::unique_ptr<PlasticProblem const> make_plastic_problem(Parameters const& p) {
  for (auto const& task : plastic_tasks)
    if (p.text("task") == task.name) return task.make(p, task.target);
  throw std::invalid_argument("there is no control task '" + p.text("task") + "'");
}

}  // namespace engram
