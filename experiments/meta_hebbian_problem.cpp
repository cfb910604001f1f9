#include "experiments/meta_hebbian_problem.hpp"

#include <stdexcept>
#include <string>

#include "core/control/policies/plastic_policy.hpp"
#include "core/control/rollout.hpp"
#include "experiments/control_task.hpp"

namespace engram {

namespace {

template <class Task>
class PlasticProblemOf final : public PlasticProblem {
 public:
  explicit PlasticProblemOf(Parameters const& p)
      : target_(target_return(p, solved_return(task_))),
        start_width_(p.real("first_weights")),
        shape_(plastic_shape<Task>()) {
    limit_steps(p, task_);
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
std::unique_ptr<PlasticProblem const> make_plastic(Parameters const& p) {
  return std::make_unique<PlasticProblemOf<Task> const>(p);
}

struct PlasticTask {
  char const* name;
  std::unique_ptr<PlasticProblem const> (*make)(Parameters const&);
};

/// Those of control_problem whose observations are real numbers.
constexpr PlasticTask plastic_tasks[] = {
    {"cart_pole", make_plastic<CartPole>},
    {"acrobot", make_plastic<Acrobot>},
    {"mountain_car", make_plastic<MountainCar>},
    {"mountain_car_continuous", make_plastic<MountainCarContinuous>},
    {"pendulum", make_plastic<Pendulum>},
};

}  // namespace

std::vector<ParameterSpec> plastic_problem_parameters() {
  std::vector<std::string> names;
  for (auto const& task : plastic_tasks) names.emplace_back(task.name);
  auto specs = control_task_parameters(names);
  std::vector<ParameterSpec> const own = {
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
  specs.insert(specs.end(), own.begin(), own.end());
  return specs;
}

std::unique_ptr<PlasticProblem const> make_plastic_problem(Parameters const& p) {
  for (auto const& task : plastic_tasks)
    if (p.text("task") == task.name) return task.make(p);
  throw std::invalid_argument("there is no control task '" + p.text("task") + "'");
}

}  // namespace engram
