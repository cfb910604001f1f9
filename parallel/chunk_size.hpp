#pragma once

#include <cstddef>
#include <optional>

#include "parallel/scheduler.hpp"

namespace engram {

/// How many items to hand out at once: guided self-scheduling (Polychronopoulos and Kuck 1987),
/// that is, a share of what waits, but no more than what a rank does in `target_chunk_s`.
class ChunkSize {
 public:
  ChunkSize(int num_ranks, SchedulerOptions const& options);

  /// At least 1. One item until the first measurement, then at most twice the largest measured.
  std::size_t operator()(std::size_t num_waiting) const;

  /// A rank took `seconds` for `num_items`.
  void measure(std::size_t num_items, double seconds);

  /// Seconds an item: a moving average over chunks; empty before the first measurement.
  std::optional<double> mean_s() const { return mean_s_; }

 private:
  std::size_t num_ranks_;
  std::size_t max_chunk_;
  double target_chunk_s_;
  std::size_t largest_measured_ = 0;
  std::optional<double> mean_s_;
};

}  // namespace engram
