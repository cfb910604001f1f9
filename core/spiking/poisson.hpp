#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/random/philox_lanes.hpp"
#include "core/random/random.hpp"

namespace engram {

/// Neurons that draw their random numbers together; parts of a population begin at multiples of it.
inline constexpr std::size_t neuron_block = 64;

/// Numbers of Poisson events of every neuron in every step, by position: those of a neuron depend
/// neither on the other neurons nor on where the population is divided.
class PoissonCounts {
 public:
  /// @param mean  events a step, at most 1000
  PoissonCounts(Key key, double mean) : key_(key.value()) {
    if (!(mean >= 0.0) || mean > 1000.0) {
      throw std::invalid_argument("Poisson events a step: expected a mean from 0 to 1000, got " +
                                  std::to_string(mean));
    }
    // P(count > k), from the far end, where the terms are small, to the near one.
    std::vector<double> terms;
    double log_term = -mean;
    for (int k = 0; k <= static_cast<int>(mean) || log_term > -24.0; ++k) {
      terms.push_back(std::exp(log_term));
      if (mean == 0.0) break;
      log_term += std::log(mean) - std::log(k + 1.0);
    }
    std::vector<double> above(terms.size(), 0.0);
    for (std::size_t k = terms.size() - 1; k > 0; --k) above[k - 1] = above[k] + terms[k];
    // A word u counts one event for each k with u < 2^32 P(count > k).
    for (double const p : above) {
      double const threshold = std::ldexp(p, 32);
      if (threshold >= 1.0) {
        thresholds_.push_back(static_cast<std::uint32_t>(std::fmin(threshold, 4294967295.0)));
      }
    }
  }

  /// Events of the neurons 64 block, 64 block + 1, … in a step.
  void block(std::uint64_t block, std::uint64_t step, float (&counts)[neuron_block]) const {
    std::uint32_t words[4][16];
    for (std::uint32_t l = 0; l < 16; ++l) {
      std::uint64_t const position = block * 16 + l;
      words[0][l] = static_cast<std::uint32_t>(position);
      words[1][l] = static_cast<std::uint32_t>(position >> 32);
      words[2][l] = static_cast<std::uint32_t>(step);
      words[3][l] = static_cast<std::uint32_t>(step >> 32);
    }
    philox_lanes(key_, words);
    std::int32_t events[4][16] = {};
    for (std::uint32_t const threshold : thresholds_) {
      for (int w = 0; w < 4; ++w) {
        ENGRAM_INDEPENDENT_ITERATIONS
        for (int l = 0; l < 16; ++l) events[w][l] += words[w][l] < threshold ? 1 : 0;
      }
    }
    for (int w = 0; w < 4; ++w) {
      for (int l = 0; l < 16; ++l) counts[16 * w + l] = static_cast<float>(events[w][l]);
    }
  }

 private:
  std::uint64_t key_;
  std::vector<std::uint32_t> thresholds_;
};

}  // namespace engram
