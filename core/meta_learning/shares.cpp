#include "core/meta_learning/shares.hpp"

#include <algorithm>
#include <stdexcept>

namespace engram {

namespace {

std::size_t largest_share(Communicator const& group, std::size_t num) {
  auto const size = static_cast<std::size_t>(group.size());
  return (num + size - 1) / size;
}

}  // namespace

Share share_of(Communicator const& group, std::size_t num) {
  std::size_t const largest = largest_share(group, num);
  std::size_t const first = std::min(num, static_cast<std::size_t>(group.rank()) * largest);
  return {first, std::min(largest, num - first)};
}

std::vector<double> gather_rows(Communicator const& group, std::size_t num, std::size_t row_size,
                                std::span<double const> mine) {
  if (mine.size() != share_of(group, num).count * row_size)
    throw std::invalid_argument("rows are not those of the rank's share");
  // Ranks exchange equal lengths. Only the last shares are shorter, so all padding is at the end.
  std::vector<double> padded(largest_share(group, num) * row_size, 0.0);
  std::ranges::copy(mine, padded.begin());
  std::vector<double> all(padded.size() * static_cast<std::size_t>(group.size()));
  group.all_gather<double>(padded, all);
  all.resize(num * row_size);
  return all;
}

std::vector<double> mean_row(std::span<double const> rows, std::size_t row_size) {
  std::vector<double> mean(row_size, 0.0);
  std::size_t const num = rows.size() / row_size;
  for (std::size_t i = 0; i < num; ++i)
    for (std::size_t j = 0; j < row_size; ++j) mean[j] += rows[i * row_size + j];
  for (double& value : mean) value /= static_cast<double>(num);
  return mean;
}

}  // namespace engram
