#include "experiments/topology_cache.hpp"

#include <algorithm>

namespace engram {

namespace {

/// Values and columns; the vectors of inputs and biases are small beside them, but not beside
/// nothing: a ring has one weight a unit.
double num_bytes(TopologySpec const& spec) {
  double const units = static_cast<double>(spec.num_units);
  double const others = static_cast<double>(spec.num_inputs + spec.num_layers) +
                        (spec.feedback ? static_cast<double>(spec.num_outputs) : 0.0);
  return 12.0 * num_weights(spec) + 8.0 * units * others;
}

}  // namespace

double num_weights(TopologySpec const& spec) {
  double const units = static_cast<double>(spec.num_units);
  double const layers = static_cast<double>(spec.num_layers);
  double const sparse = std::max(1.0, spec.density * units);
  double const recurrent = spec.recurrent == RecurrentMatrix::orthogonal ? units
                           : spec.recurrent == RecurrentMatrix::ring     ? 1.0
                                                                         : sparse;
  return units * (layers * recurrent + (layers - 1.0) * sparse);
}

void TopologyCache::make_room(double room) {
  constexpr std::size_t max_entries = 64;  // a search through them takes no time
  double used = 0.0;
  for (auto const& entry : recent_) used += num_bytes(entry.spec);
  while (!recent_.empty() && (used + room > max_bytes_ || recent_.size() >= max_entries)) {
    used -= num_bytes(recent_.back().spec);
    recent_.pop_back();
  }
}

std::shared_ptr<Topology const> TopologyCache::get(TopologySpec const& spec, Key key) {
  std::lock_guard const lock(mutex_);
  auto const found = std::find_if(recent_.begin(), recent_.end(), [&](Entry const& entry) {
    return entry.key == key.value() && entry.spec == spec;
  });
  if (found != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, found);
  } else {
    make_room(num_bytes(spec));  // before the new one is drawn: never both
    recent_.push_front(
        {spec, key.value(), std::make_shared<Topology const>(make_topology(spec, key))});
  }
  return recent_.front().topology;
}

}  // namespace engram
