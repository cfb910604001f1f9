#include "experiments/meta_hebbian_clusters.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace engram {

namespace {

constexpr int max_rounds = 300;

/// Points and centres, each [dimensions, as many].
class Grouping {
 public:
  Grouping(std::span<double const> points, std::size_t num_points, std::size_t num_clusters)
      : points_(points),
        num_points_(num_points),
        num_clusters_(num_clusters),
        num_dimensions_(points.size() / num_points),
        clusters_{std::vector<std::size_t>(num_points),
                  std::vector<double>(num_dimensions_ * num_clusters),
                  std::vector<std::size_t>(num_clusters), 0.0} {}

  Clusters const& clusters() const { return clusters_; }

  /// A point as centre.
  void place(std::size_t i_cluster, std::size_t i_point) {
    for (std::size_t d = 0; d < num_dimensions_; ++d)
      clusters_.centres[d * num_clusters_ + i_cluster] = points_[d * num_points_ + i_point];
  }

  double squared_distance(std::size_t i_point, std::size_t i_cluster) const {
    double sum = 0.0;
    for (std::size_t d = 0; d < num_dimensions_; ++d) {
      double const difference =
          points_[d * num_points_ + i_point] - clusters_.centres[d * num_clusters_ + i_cluster];
      sum += difference * difference;
    }
    return sum;
  }

  /// Each point to the nearest centre; whether any changes.
  bool assign() {
    bool changes = false;
    clusters_.squared_error = 0.0;
    std::ranges::fill(clusters_.sizes, 0);
    for (std::size_t i = 0; i < num_points_; ++i) {
      std::size_t best = 0;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t k = 0; k < num_clusters_; ++k) {
        double const distance = squared_distance(i, k);
        if (distance >= least) continue;
        least = distance;
        best = k;
      }
      changes = changes || clusters_.of_point[i] != best;
      clusters_.of_point[i] = best;
      clusters_.squared_error += least;
      ++clusters_.sizes[best];
    }
    return changes;
  }

  /// Each centre to the mean of its points; one without any stays.
  void centre() {
    for (std::size_t d = 0; d < num_dimensions_; ++d) {
      std::vector<double> sums(num_clusters_);
      for (std::size_t i = 0; i < num_points_; ++i)
        sums[clusters_.of_point[i]] += points_[d * num_points_ + i];
      for (std::size_t k = 0; k < num_clusters_; ++k)
        if (clusters_.sizes[k] > 0)
          clusters_.centres[d * num_clusters_ + k] =
              sums[k] / static_cast<double>(clusters_.sizes[k]);
    }
  }

 private:
  std::span<double const> points_;
  std::size_t num_points_, num_clusters_, num_dimensions_;
  Clusters clusters_;
};

/// The first of the places where the running sum of weights exceeds `share` of the whole one.
std::size_t pick(std::vector<double> const& weights, double share) {
  double left = share * std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
    left -= weights[i];
    if (left < 0.0) return i;
  }
  return weights.size() - 1;
}

}  // namespace

Clusters k_means(std::span<double const> points, std::size_t num_points, std::size_t num_clusters,
                 Key key, std::function<void()> const& before_round) {
  if (num_clusters == 0 || num_clusters > num_points || points.size() % num_points != 0)
    throw std::invalid_argument("k-means takes a table of points, and 1 to as many clusters");
  Grouping grouping(points, num_points, num_clusters);
  Random const random(key);
  // With a probability in proportion to the squared distance from the nearest centre so far.
  std::vector<double> nearest(num_points, 1.0);
  for (std::size_t k = 0; k < num_clusters; ++k) {
    before_round();
    grouping.place(k, pick(nearest, random.uniform(k)));
    for (std::size_t i = 0; i < num_points; ++i) {
      double const distance = grouping.squared_distance(i, k);
      nearest[i] = k == 0 ? distance : std::min(nearest[i], distance);
    }
  }
  grouping.assign();
  for (int round = 0; round < max_rounds; ++round) {
    before_round();
    grouping.centre();
    if (!grouping.assign()) break;
  }
  return grouping.clusters();
}

}  // namespace engram
