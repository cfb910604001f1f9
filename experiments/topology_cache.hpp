#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "core/reservoir/topology.hpp"

namespace engram {

/// Non-zero recurrent weights of all layers, those between layers included.
double num_weights(TopologySpec const& spec);

/// The topologies drawn last: to scale a large matrix takes longer than a trial. Holds at most
/// `max_bytes` of them, or a single larger one. Calls from several threads come one at a time.
class TopologyCache {
 public:
  explicit TopologyCache(double max_bytes) : max_bytes_(max_bytes) {}

  /// Draws a topology or finds it among the last ones. Throws what `make_topology` does.
  std::shared_ptr<Topology const> get(TopologySpec const& spec, Key key);

 private:
  struct Entry {
    TopologySpec spec;
    std::uint64_t key;
    std::shared_ptr<Topology const> topology;
  };

  /// Forgets the oldest until `room` bytes are free, or nothing is left.
  void make_room(double room);

  double max_bytes_;
  std::list<Entry> recent_;  ///< most recent first
  std::mutex mutex_;
};

}  // namespace engram
