#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "core/optimizers/optimizer.hpp"
#include "core/state_archive.hpp"

namespace engram {

/// An optimiser that climbs, with a rate that may be another at each step.
class Ascent {
 public:
  /// Throws UserError if there is no such optimiser.
  Ascent(std::string_view optimizer, std::size_t num_parameters);

  /// To be filled before a step, [parameters].
  std::span<double> gradient() { return {gradient_host_.data(), gradient_host_.size()}; }

  /// theta += rate * what the optimiser moves at the rate 1 down -gradient + decay * theta. The
  /// gradient is overwritten.
  /// @param theta  [parameters]
  void step(double rate, double decay, std::span<double> theta);

  void exchange(StateArchive& archive);

 private:
  using Vectors = Optimizer<double>::Vectors;

  std::unique_ptr<Optimizer<double>> optimizer_;
  Vectors gradient_, move_;  // [1, parameters]
  decltype(Kokkos::create_mirror_view(std::declval<Vectors>())) gradient_host_, move_host_;
};

}  // namespace engram
