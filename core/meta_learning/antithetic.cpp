#include "core/meta_learning/antithetic.hpp"

#include <algorithm>
#include <vector>

#include "core/random/noise.hpp"

namespace engram {

void perturb_antithetic(Key key, std::size_t i_pair, double scale, std::span<double const> theta,
                        std::span<double> out) {
  perturb<GaussianNoise, double>(GaussianNoise(key.index(i_pair)), 0, scale, theta, out);
}

void antithetic_gradient(Key key, std::span<double const> differences, double spread,
                         std::span<double> gradient) {
  double const share = 0.5 / (spread * static_cast<double>(differences.size()));
  std::vector<double> weights;
  std::vector<GaussianNoise> noises;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    weights.push_back(share * differences[i]);
    noises.emplace_back(key.index(i));
  }
  std::ranges::fill(gradient, 0.0);
  add_weighted<GaussianNoise, double>(noises, weights, 0, gradient);
}

}  // namespace engram
