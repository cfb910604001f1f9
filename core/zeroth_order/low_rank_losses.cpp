#include "core/zeroth_order/low_rank_losses.hpp"

#include <algorithm>

#include "core/host_copy.hpp"
#include "core/random/noise.hpp"

namespace engram {

LowRankLosses::LowRankLosses(MlpSpec const& spec, std::size_t rank, std::size_t num_pairs,
                             std::size_t num_samples)
    : net_(spec, rank, num_pairs, num_samples),
      theta_("engram::core::low_rank_theta", 1, net_.noise().num_parameters()),
      factors_("engram::core::low_rank_factors", num_pairs, net_.noise().num_factors()),
      losses_("engram::core::low_rank_losses", 2 * num_pairs),
      output_gradient_("engram::core::low_rank_deltas", 2 * num_pairs, num_samples,
                       static_cast<std::size_t>(spec.widths.back())) {}

void LowRankLosses::evaluate(ExecutionSpace const& space, std::span<double const> theta,
                             double sigma, std::span<Key const> keys,
                             ConstRows<double> const& input, Labels const& labels,
                             std::span<double> losses) {
  auto const centre = Kokkos::create_mirror_view(theta_);
  std::ranges::copy(theta, centre.data());
  copy_to_device(theta_, centre);
  auto const factors = Kokkos::create_mirror_view(factors_);
  for (std::size_t i = 0; i < keys.size(); ++i)
    fill(GaussianNoise(keys[i]), 0, std::span(&factors(i, 0), factors.extent(1)));
  copy_to_device(factors_, factors);
  auto const outputs = net_.forward(space, theta_, factors_, sigma, input);
  softmax_cross_entropy<double>(space, outputs, labels, {}, losses_, output_gradient_);
  auto const values = host_copy(losses_);
  std::copy_n(values.data(), losses.size(), losses.begin());
}

}  // namespace engram
