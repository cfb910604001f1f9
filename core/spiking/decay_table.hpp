#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace engram {

/// Traces that have decayed below are zero: numbers near the smallest are slow.
inline constexpr float smallest_trace = 0x1.0p-32f;

/// decay^n for whole n, from two short tables; zero below the smallest trace.
class DecayTable {
 public:
  explicit DecayTable(float decay) {
    double const d = decay;
    for (std::size_t n = 0; n < fine_.size(); ++n) {
      fine_[n] = static_cast<float>(std::pow(d, static_cast<double>(n)));
    }
    double const per_block = std::pow(d, static_cast<double>(fine_.size()));
    for (double p = 1.0; p > smallest_trace && coarse_.size() < max_coarse; p *= per_block) {
      coarse_.push_back(static_cast<float>(p));
    }
    if (coarse_.size() < max_coarse) coarse_.push_back(0.0f);
    last_ = static_cast<std::uint32_t>(coarse_.size() - 1);
  }

  float operator()(std::uint32_t n) const {
    return coarse_[std::min(n >> 8, last_)] * fine_[n & 0xff];
  }

 private:
  static constexpr std::size_t max_coarse = std::size_t{1} << 20;
  std::array<float, 256> fine_;
  std::vector<float> coarse_;
  std::uint32_t last_;
};

}  // namespace engram
