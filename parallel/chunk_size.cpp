#include "parallel/chunk_size.hpp"

#include <algorithm>

namespace engram {

ChunkSize::ChunkSize(int num_ranks, SchedulerOptions const& options)
    : num_ranks_(num_ranks),
      max_chunk_(std::max<std::size_t>(1, options.max_chunk)),
      target_chunk_s_(options.target_chunk_s) {}

std::size_t ChunkSize::operator()(std::size_t num_waiting) const {
  std::size_t const share = num_waiting / (2 * num_ranks_) + 1;
  std::size_t size = std::min({share, max_chunk_, std::max<std::size_t>(1, 2 * largest_measured_)});
  if (mean_s_ && *mean_s_ * static_cast<double>(size) > target_chunk_s_) {
    size = static_cast<std::size_t>(target_chunk_s_ / *mean_s_);
  }
  return std::max<std::size_t>(1, size);
}

void ChunkSize::measure(std::size_t num_items, double seconds) {
  if (num_items == 0) return;
  double const item_s = seconds / static_cast<double>(num_items);
  constexpr double weight = 0.25;
  mean_s_ = mean_s_ ? *mean_s_ + weight * (item_s - *mean_s_) : item_s;
  largest_measured_ = std::max(largest_measured_, num_items);
}

}  // namespace engram
