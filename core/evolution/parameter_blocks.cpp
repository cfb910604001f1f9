#include "core/evolution/parameter_blocks.hpp"

#include <algorithm>
#include <utility>

namespace engram {

ParameterBlocks::ParameterBlocks(Communicator group, std::size_t size)
    : group_(std::move(group)), size_(size) {
  auto const num_ranks = static_cast<std::size_t>(group_.size());
  block_ = (size + num_ranks - 1) / num_ranks;
  first_ = std::min(size, block_ * static_cast<std::size_t>(group_.rank()));
  count_ = std::min(block_, size - first_);
}

void ParameterBlocks::gather(std::span<double> all) {
  if (group_.size() == 1) return;
  sent_.resize(block_);
  std::ranges::copy(mine(all), sent_.begin());
  received_.resize(block_ * static_cast<std::size_t>(group_.size()));
  group_.all_gather<double>(sent_, received_);
  std::copy_n(received_.begin(), size_, all.begin());
}

}  // namespace engram
