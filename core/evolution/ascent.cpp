#include "core/evolution/ascent.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/host_copy.hpp"
#include "core/optimizers/named.hpp"

namespace engram {

Ascent::Ascent(std::string_view optimizer, std::size_t num_parameters)
    : optimizer_(make_named_optimizer(optimizer, 1.0, num_parameters)),
      gradient_("engram::core::ascent_gradient", 1, num_parameters),
      move_("engram::core::ascent_move", 1, num_parameters),
      gradient_host_(Kokkos::create_mirror_view(gradient_)),
      move_host_(Kokkos::create_mirror_view(move_)) {}

void Ascent::step(double rate, double decay, std::span<double> theta) {
  double* const g = gradient_host_.data();
  double* const still = move_host_.data();
  double* const to = theta.data();
  ENGRAM_INDEPENDENT_ITERATIONS
  for (std::size_t j = 0; j < theta.size(); ++j) {
    g[j] = fused(decay, to[j], -g[j]);
    still[j] = 0.0;
  }
  ExecutionSpace const space;
  copy_to_device(gradient_, gradient_host_);
  copy_to_device(move_, move_host_);
  optimizer_->step(space, gradient_, move_);
  fence(space, "engram::core::step_ascent");
  // On a host the mirror is the view itself.
  auto const moved = is_host_space ? move_host_ : host_copy(move_);
  double const* const move = moved.data();
  ENGRAM_INDEPENDENT_ITERATIONS
  for (std::size_t j = 0; j < theta.size(); ++j) to[j] = fused(rate, move[j], to[j]);
}

void Ascent::exchange(StateArchive& archive) {
  exchange_state(*optimizer_, archive);
}

}  // namespace engram
