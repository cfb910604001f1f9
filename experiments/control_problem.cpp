#include "experiments/control_problem.hpp"

#include <limits>
#include <stdexcept>

#include "core/control/grid_world.hpp"
#include "core/control/policies/net_policy.hpp"
#include "core/control/rollout.hpp"
#include "core/control/t_maze.hpp"
#include "experiments/control_task.hpp"

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
        target_(target_return(p, target)),
        action_scale_(p.boolean("squash") ? max_action(task) : 0.0),
        num_fed_back_(static_cast<int>(p.integer("fed_back"))) {
    limit_steps(p, task_);
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

template <class Task>
std::unique_ptr<ControlProblem const> make_solvable(Parameters const& p) {
  return make(p, Task(), solved_return(Task()));
}

NamedTask const tasks[] = {
    {"cart_pole", make_solvable<CartPole>},
    {"acrobot", make_solvable<Acrobot>},
    {"mountain_car", make_solvable<MountainCar>},
    {"mountain_car_continuous", make_solvable<MountainCarContinuous>},
    {"pendulum", make_solvable<Pendulum>},
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
  auto specs =
      control_task_parameters(names, ", t_maze right in 95 % of episodes, grid_world none");
  std::vector<ParameterSpec> const own = {
      integer("maze_length", 10)
          .range(1, 1e5)
          .means("of t_maze's corridor, steps from the start to the junction")
          .from("here"),
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
  specs.insert(specs.end(), own.begin(), own.end());
  return specs;
}

std::unique_ptr<ControlProblem const> make_control_problem(Parameters const& p) {
  for (auto const& task : tasks)
    if (p.text("task") == task.name) return task.make(p);
  throw std::invalid_argument("there is no control task '" + p.text("task") + "'");
}

}  // namespace engram
