#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <stdexcept>
#include <variant>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

// Rules that say which neurons a population's synapses come from. Each tells the sources of one
// target from the projection's key and the target's index alone, so that a network is the same
// wherever it is built.

/// Every source once. `self`: a neuron may connect to itself, within one population.
struct AllToAll {
  bool self = false;
};

/// Source i to target i; populations of equal size.
struct OneToOne {};

/// Every pair with this probability, independently.
struct FixedProbability {
  double probability = 0.1;
  bool self = false;
};

/// The same number of synapses for every target, from sources drawn with replacement; `distinct`:
/// without, so that no two of them fire together.
struct FixedInDegree {
  std::uint32_t degree = 100;
  bool self = true;
  bool distinct = false;
};

/// The same number of synapses for every source, to targets drawn with replacement.
struct FixedOutDegree {
  std::uint32_t degree = 100;
  bool self = true;
};

/// Neurons lie on a ring of circumference 1, in the order of their indices; two at a distance d are
/// connected with probability peak exp(-d^2 / (2 width^2)).
struct DistanceDependent {
  double peak = 1.0;
  double width = 0.1;
  bool self = false;
};

using ConnectionRule = std::variant<AllToAll, OneToOne, FixedProbability, FixedInDegree,
                                    FixedOutDegree, DistanceDependent>;

/// Populations at the two ends of a projection.
struct ProjectionEnds {
  std::uint64_t num_sources = 0, num_targets = 0;
  bool same_population = false;
};

/// Throws std::invalid_argument for a rule that does not fit.
inline void check_connection(ConnectionRule const& rule, ProjectionEnds const& ends) {
  if (std::holds_alternative<OneToOne>(rule) && ends.num_sources != ends.num_targets) {
    throw std::invalid_argument("one-to-one connections need populations of equal size");
  }
  auto const* degree = std::get_if<FixedInDegree>(&rule);
  if (degree != nullptr && degree->distinct &&
      degree->degree + (!degree->self && ends.same_population ? 1u : 0u) > ends.num_sources) {
    throw std::invalid_argument("a neuron can't have more distinct sources than there are");
  }
  auto const* fixed = std::get_if<FixedProbability>(&rule);
  if (fixed != nullptr && !(fixed->probability >= 0.0 && fixed->probability <= 1.0)) {
    throw std::invalid_argument("a connection's probability has to be in [0, 1]");
  }
  auto const* distance = std::get_if<DistanceDependent>(&rule);
  if (distance != nullptr &&
      !(distance->peak >= 0.0 && distance->peak <= 1.0 && distance->width > 0.0)) {
    throw std::invalid_argument(
        "a connection by distance needs a peak in [0, 1] and a width above 0");
  }
}

namespace detail {

/// f(source, number of the synapse among the target's), sources in ascending order where the rule
/// has one.
template <class F>
void sources_of(AllToAll const& rule, ProjectionEnds const& ends, Key, std::uint64_t target,
                F const& f) {
  std::uint32_t n = 0;
  for (std::uint64_t s = 0; s < ends.num_sources; ++s) {
    if (rule.self || !ends.same_population || s != target) f(s, n++);
  }
}

template <class F>
void sources_of(OneToOne const&, ProjectionEnds const&, Key, std::uint64_t target, F const& f) {
  f(target, 0u);
}

template <class F>
void sources_of(FixedProbability const& rule, ProjectionEnds const& ends, Key key,
                std::uint64_t target, F const& f) {
  if (rule.probability >= 1.0) {
    return sources_of(AllToAll{rule.self}, ends, key, target, f);
  }
  if (rule.probability <= 0.0) return;
  // Gaps between successes are geometric (Batagelj & Brandes 2005, doi 10.1103/PhysRevE.71.036113).
  Random const random(key.index(target));
  double const per_failure = 1.0 / std::log1p(-rule.probability);
  std::uint32_t n = 0;
  double at = -1.0;
  for (std::uint64_t draw = 0;; ++draw) {
    at += 1.0 + std::floor(std::log(1.0 - random.uniform(draw)) * per_failure);
    if (at >= static_cast<double>(ends.num_sources)) return;
    auto const source = static_cast<std::uint64_t>(at);
    if (rule.self || !ends.same_population || source != target) f(source, n++);
  }
}

/// One of `bound` but `excluded`.
inline std::uint64_t other_than(std::uint64_t excluded, Random const& random, std::uint64_t draw,
                                std::uint64_t bound) {
  std::uint64_t const i = random.integer(draw, bound - 1);
  return i < excluded ? i : i + 1;
}

/// `num` of `bound` numbers, every set of them with the same chance (Floyd; Bentley 1987,
/// doi 10.1145/30401.315746).
template <class F>
void distinct_integers(Random const& random, std::uint32_t num, std::uint64_t bound, F const& f) {
  std::vector<bool> taken(bound, false);
  for (std::uint32_t n = 0; n < num; ++n) {
    std::uint64_t const last = bound - num + n;
    std::uint64_t const drawn = random.integer(n, last + 1);
    std::uint64_t const i = taken[drawn] ? last : drawn;
    taken[i] = true;
    f(i, n);
  }
}

template <class F>
void sources_of(FixedInDegree const& rule, ProjectionEnds const& ends, Key key,
                std::uint64_t target, F const& f) {
  Random const random(key.index(target));
  bool const exclude = !rule.self && ends.same_population;
  if (ends.num_sources == 0 || (exclude && ends.num_sources == 1)) return;
  if (rule.distinct) {
    return distinct_integers(
        random, rule.degree, ends.num_sources - (exclude ? 1 : 0),
        [&](std::uint64_t i, std::uint32_t n) { f(exclude && i >= target ? i + 1 : i, n); });
  }
  for (std::uint32_t n = 0; n < rule.degree; ++n) {
    f(exclude ? other_than(target, random, n, ends.num_sources)
              : random.integer(n, ends.num_sources),
      n);
  }
}

template <class F>
void sources_of(DistanceDependent const& rule, ProjectionEnds const& ends, Key key,
                std::uint64_t target, F const& f) {
  Random const random(key.index(target));
  double const at = (static_cast<double>(target) + 0.5) / static_cast<double>(ends.num_targets);
  std::uint32_t n = 0;
  for (std::uint64_t s = 0; s < ends.num_sources; ++s) {
    if (!rule.self && ends.same_population && s == target) continue;
    double const other = (static_cast<double>(s) + 0.5) / static_cast<double>(ends.num_sources);
    double const apart = std::abs(at - other);
    double const d = std::fmin(apart, 1.0 - apart) / rule.width;
    if (random.uniform(s) < rule.peak * std::exp(-0.5 * d * d)) f(s, n++);
  }
}

/// Every source draws its targets; those in [first, last) are told.
template <class F>
void connections_into(FixedOutDegree const& rule, ProjectionEnds const& ends, Key key,
                      std::uint64_t first, std::uint64_t last, F const& f) {
  bool const has_other = rule.self || !ends.same_population || ends.num_targets > 1;
  if (ends.num_targets == 0 || !has_other) return;
  for (std::uint64_t s = 0; s < ends.num_sources; ++s) {
    Random const random(key.index(s));
    for (std::uint32_t n = 0; n < rule.degree; ++n) {
      std::uint64_t const t = !rule.self && ends.same_population
                                  ? other_than(s, random, n, ends.num_targets)
                                  : random.integer(n, ends.num_targets);
      if (first <= t && t < last) f(s, t, n);
    }
  }
}

template <class Rule, class F>
void connections_into(Rule const& rule, ProjectionEnds const& ends, Key key, std::uint64_t first,
                      std::uint64_t last, F const& f) {
  for (std::uint64_t t = first; t < last; ++t) {
    sources_of(rule, ends, key, t, [&](std::uint64_t s, std::uint32_t n) { f(s, t, n); });
  }
}

}  // namespace detail

/// f(source, target, n) for every synapse with a target in [first, last): the same order of the
/// synapses of any source or target wherever the targets are divided. (target, n), or (source, n)
/// for a fixed out-degree, names a synapse.
template <class F>
void for_each_connection(ConnectionRule const& rule, ProjectionEnds const& ends, Key key,
                         std::uint64_t first, std::uint64_t last, F const& f) {
  std::visit([&](auto const& r) { detail::connections_into(r, ends, key, first, last, f); }, rule);
}

/// The mean number of synapses with a target among `num_targets` of those of the projection.
inline double expected_connections(ConnectionRule const& rule, ProjectionEnds const& ends,
                                   std::uint64_t num_targets) {
  auto const sources = static_cast<double>(ends.num_sources);
  auto const targets = static_cast<double>(num_targets);
  struct {
    double sources, targets, all_targets;
    double operator()(AllToAll const&) const { return sources * targets; }
    double operator()(OneToOne const&) const { return targets; }
    double operator()(FixedProbability const& r) const { return r.probability * sources * targets; }
    double operator()(FixedInDegree const& r) const { return r.degree * targets; }
    double operator()(FixedOutDegree const& r) const {
      return r.degree * sources * targets / std::fmax(1.0, all_targets);
    }
    double operator()(DistanceDependent const& r) const {
      // The bell's area on the ring.
      double const area = r.width * std::sqrt(2.0 * std::numbers::pi) *
                          std::erf(0.5 / (r.width * std::numbers::sqrt2));
      return r.peak * area * sources * targets;
    }
  } const expected{sources, targets, static_cast<double>(ends.num_targets)};
  return std::visit(expected, rule);
}

}  // namespace engram
