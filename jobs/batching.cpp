#include "jobs/batching.hpp"

#include <algorithm>

namespace engram {

BatchQueue::BatchQueue(std::size_t max_batch) : max_batch_(std::max<std::size_t>(max_batch, 1)) {}

void BatchQueue::add(std::uint64_t id, std::string const& batch_key) {
  ++size_;
  if (batch_key.empty() || max_batch_ == 1) {
    singles_.push_back(id);
    return;
  }
  auto const [bucket, is_new] = buckets_.try_emplace(batch_key);
  bucket->second.push_back(id);
  if (is_new) by_oldest_.emplace(id, bucket);
}

BatchQueue::Batches BatchQueue::take(std::size_t max_items) {
  Batches batches;
  while (max_items > 0 && size_ > 0) {
    bool const single_is_oldest =
        by_oldest_.empty() || (!singles_.empty() && singles_.front() < by_oldest_.begin()->first);
    if (single_is_oldest) {
      take_single(batches);
    } else {
      auto const waiting = by_oldest_.begin()->second->second.size();
      if (!batches.ids.empty() && std::min(waiting, max_batch_) > max_items) break;
      take_from_oldest_bucket(max_items, batches);
    }
    max_items -= batches.sizes.back();
    size_ -= batches.sizes.back();
  }
  return batches;
}

void BatchQueue::take_single(Batches& batches) {
  batches.ids.push_back(singles_.front());
  batches.sizes.push_back(1);
  singles_.pop_front();
}

void BatchQueue::take_from_oldest_bucket(std::size_t max_items, Batches& batches) {
  auto const bucket = by_oldest_.begin()->second;
  by_oldest_.erase(by_oldest_.begin());
  auto& ids = bucket->second;
  auto const size = std::min({ids.size(), max_batch_, max_items});
  auto const end = ids.begin() + static_cast<std::ptrdiff_t>(size);
  batches.ids.insert(batches.ids.end(), ids.begin(), end);
  batches.sizes.push_back(static_cast<std::uint32_t>(size));
  ids.erase(ids.begin(), end);
  if (ids.empty()) {
    buckets_.erase(bucket);
  } else {
    by_oldest_.emplace(ids.front(), bucket);
  }
}

}  // namespace engram
