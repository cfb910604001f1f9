#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace engram {

/// Trials that wait to be handed out, in buckets of equal batch key, each in order of id.
/// A trial with an empty key is alone in its batch.
class BatchQueue {
 public:
  /// @param max_batch  trials that may be evaluated together, at least 1
  explicit BatchQueue(std::size_t max_batch);

  /// Ids of one bucket have to come in increasing order.
  void add(std::uint64_t id, std::string const& batch_key);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Batches one after the other.
  struct Batches {
    std::vector<std::uint64_t> ids;
    std::vector<std::uint32_t> sizes;
  };

  /// Takes at most `max_items` trials, the buckets with the oldest trials first. A full batch that
  /// does not fit any more is left for the next call.
  Batches take(std::size_t max_items);

 private:
  using Ids = std::deque<std::uint64_t>;
  using Buckets = std::map<std::string, Ids>;

  void take_single(Batches& batches);
  void take_from_oldest_bucket(std::size_t max_items, Batches& batches);

  std::size_t max_batch_;
  std::size_t size_ = 0;
  Ids singles_;
  Buckets buckets_;
  std::map<std::uint64_t, Buckets::iterator> by_oldest_;  ///< first id of each bucket
};

}  // namespace engram
