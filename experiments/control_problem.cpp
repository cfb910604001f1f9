#include "experiments/control_problem.hpp"

#include <limits>
#include <stdexcept>

#include "core/control/acrobot.hpp"
#include "core/control/cart_pole.hpp"
#include "core/control/grid_world.hpp"
#include "core/control/mountain_car.hpp"
#include "core/control/mountain_car_continuous.hpp"
#include "core/control/pendulum.hpp"
#include "core/control/policies/net_policy.hpp"
#include "core/control/rollout.hpp"
#include "core/control/t_maze.hpp"

namespace engram {

namespace {

/// Actions go up to this; 0 where they are numbers of a list.
template <class Task>
double max_action(Task const&) {
  return 0.0;
}
double max_action(MountainCarContinuous const& task) {
  return task.max_action;
}
double max_action(Pendulum const& task) {
  return task.max_torque;
}

template <class Task>
class ProblemOf final : public ControlProblem {
 public:
  ProblemOf(Parameters const& p, Task const& task, double target)
      : task_(task),
        target_(target),
        action_scale_(p.boolean("squash") ? max_action(task) : 0.0),
        num_fed_back_(static_cast<int>(p.integer("fed_back"))) {
    if (p.integer("max_steps") > 0) task_.max_steps = static_cast<int>(p.integer("max_steps"));
    if (p.text("target") == "given") target_ = p.real("target_return");
    shape_ = policy_shape(task, num_fed_back_);
    shape_.num_hidden = static_cast<int>(p.integer("hidden_layers"));
    for (int i = 0; i < shape_.num_hidden; ++i)
      shape_.hidden[i] = static_cast<int>(p.integer("hidden_units"));
    shape_.has_biases = p.boolean("biases");
  }

  PolicyShape const& shape() const override { return shape_; }
  int num_observations() const override { return Task::num_observations; }
  int max_steps() const override { return task_.max_steps; }
  double target() const override { return target_; }

  void run(ExecutionSpace const& space, PolicyWeights const& policies,
           RunningMoments const& moments, EpisodeRange const& episodes,
           RolloutResult const& result) const override {
    NetPolicy<Task> const policy{shape_, policies.on_device(),
                                 moments.standardization<Task::num_observations>(), action_scale_,
                                 num_fed_back_};
    rollout(space, task_, policy, {episodes.key, episodes.first, 0}, result);
  }

 private:
  Task task_;
  double target_, action_scale_;
  int num_fed_back_;
  PolicyShape shape_;
};

template <class Task>
std::unique_ptr<ControlProblem const> make(Parameters const& p, Task const& task, double target) {
  return std::make_unique<ProblemOf<Task> const>(p, task, target);
}

using Maker = std::unique_ptr<ControlProblem const> (*)(Parameters const&);

struct NamedTask {
  char const* name;
  Maker make;
};

/// Targets are those of Gymnasium, where it has one.
NamedTask const tasks[] = {
    {"cart_pole", [](Parameters const& p) { return make(p, CartPole(), 475.0); }},
    {"acrobot", [](Parameters const& p) { return make(p, Acrobot(), -100.0); }},
    {"mountain_car", [](Parameters const& p) { return make(p, MountainCar(), -110.0); }},
    {"mountain_car_continuous",
     [](Parameters const& p) { return make(p, MountainCarContinuous(), 90.0); }},
    {"pendulum", [](Parameters const& p) { return make(p, Pendulum(), -150.0); }},
    // Right in 19 of 20 episodes.
    {"t_maze",
     [](Parameters const& p) {
       TMaze task;
       task.length = static_cast<int>(p.integer("maze_length"));
       return make(p, task, 0.95 * task.right_reward + 0.05 * task.wrong_reward);
     }},
    {"grid_world",
     [](Parameters const& p) {
       return make(p, GridWorld(), std::numeric_limits<double>::infinity());
     }},
};

}  // namespace

std::vector<ParameterSpec> control_parameters() {
  std::vector<std::string> names;
  for (auto const& task : tasks) names.emplace_back(task.name);
  return {
      choice("task", "cart_pole", names).means("control task, as Gymnasium has it").from("here"),
      integer("max_steps", 0)
          .range(0, 1e6)
          .means("after which an episode is cut off; 0: the task's own number")
          .from("here"),
      integer("maze_length", 10)
          .range(1, 1e5)
          .means("of t_maze's corridor, steps from the start to the junction")
          .from("here"),
      choice("target", "task", {"task", "given"})
          .means("the mean return that solves the task: cart_pole 475, acrobot -100, mountain_car "
                 "-110, mountain_car_continuous 90, pendulum -150, t_maze right in 95 % of "
                 "episodes, grid_world none")
          .from("Gymnasium; pendulum, t_maze: here"),
      real("target_return", 0.0).range(-1e300, 1e300).means("if given: that return").from("here"),
      integer("hidden_layers", 0)
          .range(0, PolicyShape::max_hidden)
          .means("of tanh units; 0: outputs are linear in the observations")
          .from("Mania et al. 2018, arXiv 1803.07055"),
      integer("hidden_units", 64)
          .range(1, PolicyShape::max_width)
          .means("of each hidden layer")
          .from("here"),
      boolean("biases", true).means("units have biases").from("here"),
      integer("fed_back", 0)
          .range(0, NetPolicy<CartPole>::max_fed_back)
          .means("outputs whose tanh is an input of the next step: a memory")
          .from("here"),
      boolean("squash", true)
          .means("a real action is the task's largest times tanh of the output, not the output")
          .from("here"),
  };
}

std::unique_ptr<ControlProblem const> make_control_problem(Parameters const& p) {
  for (auto const& task : tasks)
    if (p.text("task") == task.name) return task.make(p);
  throw std::invalid_argument("there is no control task '" + p.text("task") + "'");
}

}  // namespace engram
