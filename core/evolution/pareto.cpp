#include "core/evolution/pareto.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

namespace engram {
namespace {

/// None is dominated by one that comes later.
std::vector<std::size_t> lexicographic_order(ObjectiveVectors const& vectors) {
  std::vector<std::size_t> order(vectors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, {}, [&](std::size_t i) -> auto const& { return vectors[i]; });
  return order;
}

/// The later ones first: they are nearer in the first objective.
bool is_dominated(ObjectiveVectors const& vectors, std::size_t i,
                  std::vector<std::size_t> const& front) {
  return std::any_of(front.rbegin(), front.rend(),
                     [&](std::size_t other) { return dominates(vectors[other], vectors[i]); });
}

/// Of a front in lexicographic order.
double area(ObjectiveVectors const& front, std::span<double const> reference) {
  double sum = 0.0, above = reference[1];
  for (auto const& v : front) {
    sum += (reference[0] - v[0]) * (above - v[1]);
    above = v[1];
  }
  return sum;
}

ObjectiveVectors front_of(ObjectiveVectors const& vectors) {
  ObjectiveVectors front;
  for (auto const i : pareto_front(vectors))
    if (front.empty() || front.back() != vectors[i]) front.push_back(vectors[i]);
  return front;
}

/// Of a front in lexicographic order, whose vectors all dominate the reference point.
double volume(ObjectiveVectors const& front, std::span<double const> reference) {
  if (reference.size() == 2) return area(front, reference);
  double sum = 0.0;
  for (std::size_t i = 0; i < front.size(); ++i) {
    double own = 1.0;
    for (std::size_t k = 0; k < reference.size(); ++k) own *= reference[k] - front[i][k];
    ObjectiveVectors shared(front.begin() + static_cast<std::ptrdiff_t>(i) + 1, front.end());
    for (auto& v : shared)
      for (std::size_t k = 0; k < v.size(); ++k) v[k] = std::max(v[k], front[i][k]);
    sum += own - volume(front_of(shared), reference);
  }
  return sum;
}

}  // namespace

bool dominates(std::span<double const> a, std::span<double const> b) {
  bool is_better = false;
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (a[k] > b[k]) return false;
    is_better = is_better || a[k] < b[k];
  }
  return is_better;
}

std::vector<std::size_t> pareto_front(ObjectiveVectors const& vectors) {
  std::vector<std::size_t> front;
  for (auto const i : lexicographic_order(vectors))
    if (!is_dominated(vectors, i, front)) front.push_back(i);
  return front;
}

std::vector<std::size_t> dominance_ranks(ObjectiveVectors const& vectors) {
  // Zhang et al. 2015, doi 10.1109/TEVC.2014.2308305, sequential search.
  std::vector<std::size_t> ranks(vectors.size());
  std::vector<std::vector<std::size_t>> fronts;
  for (auto const i : lexicographic_order(vectors)) {
    std::size_t rank = 0;
    while (rank < fronts.size() && is_dominated(vectors, i, fronts[rank])) ++rank;
    if (rank == fronts.size()) fronts.emplace_back();
    fronts[rank].push_back(i);
    ranks[i] = rank;
  }
  return ranks;
}

std::vector<double> crowding_distances(ObjectiveVectors const& vectors,
                                       std::span<std::size_t const> front) {
  std::vector<double> distances(front.size());
  std::vector<std::size_t> order(front.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  auto const vector = [&](std::size_t i) -> auto const& {
    return vectors[front[i]];
  };
  std::ranges::stable_sort(order, {}, vector);
  auto const are_equal = [&](std::size_t a, std::size_t b) { return vector(a) == vector(b); };
  order.erase(std::unique(order.begin(), order.end(), are_equal), order.end());
  if (order.empty()) return distances;
  for (std::size_t k = 0; k < vector(0).size(); ++k) {
    auto const value = [&](std::size_t i) { return vector(i)[k]; };
    std::ranges::stable_sort(order, {}, value);
    distances[order.front()] = distances[order.back()] = std::numeric_limits<double>::infinity();
    double const range = value(order.back()) - value(order.front());
    if (!(range > 0.0)) continue;
    for (std::size_t i = 1; i + 1 < order.size(); ++i)
      distances[order[i]] += (value(order[i + 1]) - value(order[i - 1])) / range;
  }
  return distances;
}

double hypervolume(ObjectiveVectors const& vectors, std::span<double const> reference) {
  ObjectiveVectors inside;
  for (auto const& v : vectors)
    if (std::ranges::equal(v, reference, std::less{})) inside.push_back(v);
  return volume(front_of(inside), reference);
}

}  // namespace engram
