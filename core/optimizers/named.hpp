#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/optimizers/optimizer.hpp"

namespace engram {

/// adagrad, adam, clip_up, momentum, nesterov, rmsprop, sgd.
std::vector<std::string> optimizer_names();

/// An optimiser of one vector by name, with its paper's constants but for the rate. That of
/// clip_up is its largest speed.
/// Throws UserError, with the nearest name, if there is none of that name.
std::unique_ptr<Optimizer<double>> make_named_optimizer(std::string_view name, double rate,
                                                        std::size_t num_parameters);

}  // namespace engram
