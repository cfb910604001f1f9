#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <variant>
#include <vector>

#include "core/spiking/projection.hpp"
#include "core/spiking/wiring.hpp"

namespace engram {

/// Synapses by row, which is a source and a delay: those of row r are [first[r], first[r + 1]),
/// their targets ascending but for a fixed out-degree. Index is the smallest type that holds the
/// range: half the memory traffic of a spike is indices.
template <class Index>
struct Targets {
  std::vector<std::uint32_t> first;
  std::vector<Index> target;  ///< within the range

  std::size_t num_rows() const { return first.size() - 1; }
  std::uint64_t num_bytes() const { return first.size() * 4 + target.size() * sizeof(Index); }

  /// Synapses that a processor fetches from memory in one go.
  static constexpr std::uint32_t line = 64 / sizeof(Index);

  /// f(k, last) for pieces of row r, while what `next` will need is on its way from memory.
  template <class F>
  void for_each_piece(std::size_t r, std::size_t next, F const& f) const {
    std::uint32_t const begin = first[r], end = first[r + 1], ahead = first[next];
    for (std::uint32_t k = begin; k < end; k += line) {
      prefetch(target.data() + ahead + (k - begin));
      f(k, std::min(k + line, end), ahead + (k - begin));
    }
  }

  /// The synapses by target, then by row.
  std::vector<std::uint32_t> by_target(std::size_t num_targets) const {
    std::vector<std::uint32_t> next(num_targets + 1, 0), order(target.size());
    for (Index const t : target) ++next[std::size_t{t} + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    for (std::uint32_t k = 0; k < target.size(); ++k) order[next[target[k]]++] = k;
    return order;
  }

  static void prefetch([[maybe_unused]] void const* address) {
#if defined(__GNUC__)
    __builtin_prefetch(address);
#endif
  }
};

namespace detail {

/// Weight of a synapse by its name (see for_each_connection).
inline float draw_weight(WeightRule const& rule, Key key, std::uint64_t owner, std::uint32_t n) {
  if (auto const* constant = std::get_if<ConstantWeight>(&rule)) {
    return static_cast<float>(constant->value);
  }
  Random const random(key.index(owner));
  if (auto const* uniform = std::get_if<UniformWeight>(&rule)) {
    return static_cast<float>(random.uniform(n, uniform->low, uniform->high));
  }
  auto const& normal = std::get<NormalWeight>(rule);
  double const w = normal.mean + normal.std_dev * random.normal(n);
  return static_cast<float>(w * normal.mean < 0.0 ? 0.0 : w);
}

}  // namespace detail

/// @param weights  [synapse], drawn as well unless null
template <class Index>
Targets<Index> build_targets(Wiring const& wiring, std::vector<float>* weights) {
  DelaySteps const delays(wiring.delay_ms, wiring.dt_ms);
  std::uint64_t const first_target = wiring.targets.first, last_target = wiring.targets.last;
  bool const by_source = std::holds_alternative<FixedOutDegree>(wiring.rule);
  Key const weight_key = wiring.key.stream("weight"), delay_key = wiring.key.stream("delay");
  auto const owner = [&](std::uint64_t s, std::uint64_t t) { return by_source ? s : t; };
  auto const row = [&](std::uint64_t s, std::uint64_t t, std::uint32_t n) {
    if (delays.count() == 1) return s;
    Random const random(delay_key.index(owner(s, t)));
    return s + wiring.ends.num_sources * random.integer(n, delays.count());
  };
  Targets<Index> result;
  auto& first = result.first;
  first.assign(wiring.ends.num_sources * delays.count() + 1, 0);
  for_each_connection(
      wiring.rule, wiring.ends, wiring.key, first_target, last_target,
      [&](std::uint64_t s, std::uint64_t t, std::uint32_t n) { ++first[row(s, t, n) + 1]; });
  std::partial_sum(first.begin(), first.end(), first.begin());
  result.target.resize(first.back());
  if (weights != nullptr) weights->resize(first.back());
  // Filling moves every beginning to its end; then they are the beginnings, one further.
  for_each_connection(wiring.rule, wiring.ends, wiring.key, first_target, last_target,
                      [&](std::uint64_t s, std::uint64_t t, std::uint32_t n) {
                        std::uint32_t const at = first[row(s, t, n)]++;
                        result.target[at] = static_cast<Index>(t - first_target);
                        if (weights != nullptr) {
                          (*weights)[at] =
                              detail::draw_weight(wiring.weight, weight_key, owner(s, t), n);
                        }
                      });
  std::copy_backward(first.begin(), first.end() - 1, first.end());
  first[0] = 0;
  return result;
}

/// All synapses as records, by row; weight_of(row, k) is the k-th's.
template <class Index, class WeightOf>
std::vector<SynapseRecord> records_of(Targets<Index> const& synapses, Wiring const& wiring,
                                      WeightOf const& weight_of) {
  std::vector<SynapseRecord> records;
  records.reserve(synapses.target.size());
  for (std::size_t r = 0; r < synapses.num_rows(); ++r) {
    for (std::uint32_t k = synapses.first[r]; k < synapses.first[r + 1]; ++k) {
      records.push_back({r % wiring.ends.num_sources, wiring.targets.first + synapses.target[k],
                         weight_of(r, k)});
    }
  }
  return records;
}

}  // namespace engram
