#include "experiments/control_task.hpp"

namespace engram {

std::vector<ParameterSpec> control_task_parameters(std::vector<std::string> const& names,
                                                   std::string const& more_targets) {
  return {
      choice("task", names.front(), names).means("control task, as Gymnasium has it").from("here"),
      integer("max_steps", 0)
          .range(0, 1e6)
          .means("after which an episode is cut off; 0: the task's own number")
          .from("here"),
      choice("target", "task", {"task", "given"})
          .means("the mean return that solves the task: cart_pole 475, acrobot -100, mountain_car "
                 "-110, mountain_car_continuous 90, pendulum -150" +
                 more_targets)
          .from("Gymnasium; others: here"),
      real("target_return", 0.0).range(-1e300, 1e300).means("if given: that return").from("here"),
  };
}

double target_return(Parameters const& p, double of_task) {
  return p.text("target") == "given" ? p.real("target_return") : of_task;
}

}  // namespace engram
