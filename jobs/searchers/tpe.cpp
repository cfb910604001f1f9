#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "jobs/searchers/adaptive.hpp"
#include "jobs/searchers/parzen.hpp"

namespace engram {
namespace {

/// Tree-structured Parzen estimator, each dimension by itself: of candidates that are likely among
/// the best points, the one that is least likely among the others. Points without a result yet
/// count among the others, so that those of one time differ (the `constant liar` of Ginsbourger et
/// al. 2010, doi 10.1007/978-3-642-10701-6_6).
class Tpe final : public Adaptive {
 public:
  explicit Tpe(SearcherSettings const& settings)
      : Adaptive(settings),
        space_(settings.space),
        key_(settings.key),
        lag_(settings.options.count("parallel")),
        num_random_(settings.options.count("random_points")),
        num_candidates_(settings.options.count("candidates")),
        coordinates_(space_.size()) {}

  bool learns_from_others() const override { return true; }
  bool heeds_constraints() const override { return true; }

 private:
  std::uint64_t num_needed() const override {
    return num_asked() < lag_ ? 0 : num_asked() - lag_ + 1;
  }

  void learn(double fitness) override {
    fitness_.push_back(std::isnan(fitness) ? -std::numeric_limits<double>::infinity() : fitness);
  }

  /// As if it had been proposed.
  void learn_of(Point const& point, double fitness) override {
    for (std::size_t j = 0; j < space_.size(); ++j)
      coordinates_[j].push_back(coordinate_at(space_[j], space_[j].quantile_of(point[j])));
    ++num_foreign_;
    learn(fitness);
  }

  Point propose() override {
    Point point;
    Random const random(key_.index(num_asked()));
    bool const is_random = fitness_.size() < num_random_;
    if (!is_random) split();
    for (std::size_t j = 0; j < space_.size(); ++j) {
      Random const of_dimension(key_.index(num_asked()).index(j));
      double const x =
          is_random ? coordinate_at(space_[j], random.uniform(j)) : best_of(j, of_dimension);
      coordinates_[j].push_back(x);
      point.push_back(value_at(space_[j], x));
    }
    return point;
  }

  /// A tenth of the points with results, or 25, are the best ones; both in the order of points.
  void split() {
    std::vector<std::size_t> order(fitness_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    auto const num_good = std::min<std::size_t>((order.size() + 9) / 10, 25);
    auto const end = order.begin() + static_cast<std::ptrdiff_t>(num_good);
    std::ranges::partial_sort(order, end, [&](std::size_t a, std::size_t b) {
      return fitness_[a] > fitness_[b] || (fitness_[a] == fitness_[b] && a < b);
    });
    good_.assign(order.begin(), end);
    std::ranges::sort(good_);
    others_.clear();
    for (std::size_t i = 0, k = 0; i < num_foreign_ + num_asked(); ++i)
      if (k < good_.size() && good_[k] == i)
        ++k;
      else
        others_.push_back(i);
  }

  double best_of(std::size_t j, Random const& random) const {
    return likeliest_among(estimator(j, good_), estimator(j, others_), random, num_candidates_);
  }

  /// The last 25 points weigh 1, those before them the less the older they are.
  ParzenEstimator estimator(std::size_t j, std::vector<std::size_t> const& points) const {
    std::vector<double> x, weights;
    auto const n = points.size(), num_old = n - std::min<std::size_t>(n, 25);
    for (std::size_t i = 0; i < n; ++i) {
      x.push_back(coordinates_[j][points[i]]);
      double const first = 1.0 / static_cast<double>(n);
      double const share =
          num_old > 1 ? static_cast<double>(i) / static_cast<double>(num_old - 1) : 0.0;
      weights.push_back(i < num_old ? first + (1.0 - first) * share : 1.0);
    }
    return {space_[j], x, weights};
  }

  SearchSpace space_;
  Key key_;
  std::uint64_t lag_, num_random_, num_candidates_, num_foreign_ = 0;
  std::vector<std::vector<double>> coordinates_;  ///< [dimension, point]; first those of others
  std::vector<double> fitness_;                   ///< [point with a result]
  std::vector<std::size_t> good_, others_;
};

RegisterSearcher const registered_tpe({
    .name = "tpe",
    .summary = "points that are likelier among the best so far than among the others",
    .source = "Bergstra et al. 2011, NIPS 24; numbers of Optuna (Akiba et al. 2019, doi "
              "10.1145/3292500.3330701)",
    .options = {parallel_option(1e6),
                integer("random_points", 10)
                    .range(1, 1e9)
                    .means("results of points at random before the first that is proposed by them")
                    .from("Optuna"),
                integer("candidates", 24)
                    .range(1, 1e6)
                    .means("that are drawn for each dimension of a point")
                    .from("Bergstra et al. 2011; Optuna")},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<Tpe>(s); },
});

}  // namespace
}  // namespace engram
