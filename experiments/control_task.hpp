#pragma once

#include <string>
#include <vector>

#include "core/control/acrobot.hpp"
#include "core/control/cart_pole.hpp"
#include "core/control/mountain_car.hpp"
#include "core/control/mountain_car_continuous.hpp"
#include "core/control/pendulum.hpp"
#include "experiments/parameter.hpp"

namespace engram {

// Mean returns that solve a task: Gymnasium's, but that of the pendulum, which has none.
constexpr double solved_return(CartPole const&) {
  return 475.0;
}
constexpr double solved_return(Acrobot const&) {
  return -100.0;
}
constexpr double solved_return(MountainCar const&) {
  return -110.0;
}
constexpr double solved_return(MountainCarContinuous const&) {
  return 90.0;
}
constexpr double solved_return(Pendulum const&) {
  return -150.0;
}

/// What any experiment asks of a control task: which one, how long, solved when.
/// @param names         of tasks; the first is the default
/// @param more_targets  of tasks but those above, for the documentation: ", t_maze …"
std::vector<ParameterSpec> control_task_parameters(std::vector<std::string> const& names,
                                                   std::string const& more_targets = "");

/// The mean return that counts as solved.
/// @param of_task  the task's own
double target_return(Parameters const& p, double of_task);

/// Cuts episodes off where the parameters say so.
template <class Task>
void limit_steps(Parameters const& p, Task& task) {
  if (p.integer("max_steps") > 0) task.max_steps = static_cast<int>(p.integer("max_steps"));
}

}  // namespace engram
