#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

/// Points in groups around centres.
struct Clusters {
  std::vector<std::size_t> of_point;  ///< [points]: number of the cluster
  std::vector<double> centres;        ///< [dimensions, clusters]
  std::vector<std::size_t> sizes;     ///< [clusters]
  double squared_error = 0.0;         ///< sum over points of squared distances from their centres
};

/// K-means from random centres of k-means++ (Arthur & Vassilvitskii 2007, algorithm 2.2), until no
/// point changes its cluster, or 300 rounds. Of equally near centres, a point takes the first.
/// @param points  [dimensions, points], finite
/// @param key     of the random numbers
/// @param before_round  called before each pass over the points
/// Throws std::invalid_argument unless there are 1 to as many clusters as points.
Clusters k_means(
    std::span<double const> points, std::size_t num_points, std::size_t num_clusters, Key key,
    std::function<void()> const& before_round = [] {});

}  // namespace engram
