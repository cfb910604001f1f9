#include "core/regression/gaussian_process.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "core/regression/expected_improvement.hpp"
#include "core/regression/gaussian_process_fit.hpp"
#include "jobs/searchers/adaptive.hpp"
#include "jobs/searchers/half_rank.hpp"
#include "jobs/searchers/parzen.hpp"

namespace engram {
namespace {

/// Bayesian optimisation: the point whose improvement on the best is largest on average, as a
/// Gaussian process of the results so far expects it.
///
/// The process sees values as the experiment does: of whole numbers the one that is meant, of
/// choices a coordinate each that is 0 or 1 (Garrido-Merchán & Hernández-Lobato 2020).
class GaussianProcessSearch final : public Adaptive {
 public:
  explicit GaussianProcessSearch(SearcherSettings const& settings)
      : Adaptive(settings),
        space_(settings.space),
        key_(settings.key),
        lag_(settings.options.count("parallel")),
        num_random_(settings.options.count("random_points")),
        most_known_(settings.options.count("known_points")) {}

  bool heeds_constraints() const override { return true; }

 private:
  using Coordinates = std::vector<double>;  ///< [dimension], as of `coordinate_at`

  struct Candidate {
    Coordinates coordinates;
    double gain;
  };

  std::uint64_t num_needed() const override {
    return num_asked() < lag_ ? 0 : num_asked() - lag_ + 1;
  }

  void learn(double fitness) override { fitness_.push_back(fitness); }

  Point propose() override {
    bool const is_random = fitness_.size() < num_random_ || space_.empty();
    asked_.push_back(is_random ? random_candidate(0) : best_candidate());
    Point point;
    for (std::size_t j = 0; j < space_.size(); ++j)
      point.push_back(value_at(space_[j], asked_.back()[j]));
    return point;
  }

  Random uniform_numbers() const { return Random(key_.index(num_asked()).stream("uniform")); }
  Random normal_numbers() const { return Random(key_.index(num_asked()).stream("normal")); }

  Coordinates random_candidate(std::uint64_t i) const {
    auto const random = uniform_numbers();
    Coordinates result;
    for (std::size_t j = 0; j < space_.size(); ++j)
      result.push_back(coordinate_at(space_[j], random.uniform(2 * (i * space_.size() + j))));
    return result;
  }

  /// About half of the dimensions are others.
  Coordinates neighbour(Coordinates const& centre, double deviation, std::uint64_t i) const {
    auto const random = uniform_numbers(), steps = normal_numbers();
    auto result = centre;
    for (std::size_t j = 0; j < space_.size(); ++j) {
      auto const k = i * space_.size() + j;
      if (random.uniform(2 * k) < 0.5) continue;
      auto const& dimension = space_[j];
      if (dimension.kind() == Dimension::Kind::choice) {
        result[j] = coordinate_at(dimension, random.uniform(2 * k + 1));
      } else {
        double const n = static_cast<double>(dimension.num_values());
        double const step = n > 0.0 ? std::max(deviation, 0.5 / n) : deviation;
        double const x = centre[j] + step * steps.normal(k);
        result[j] = coordinate_at(dimension, std::clamp(x, 0.0, 1.0 - 0x1.0p-53));
      }
    }
    return result;
  }

  /// What the process sees.
  void append_features(Coordinates const& coordinates, std::vector<double>& features) const {
    for (std::size_t j = 0; j < space_.size(); ++j) {
      if (space_[j].kind() == Dimension::Kind::choice)
        for (std::uint64_t i = 0; i < space_[j].num_values(); ++i)
          features.push_back(static_cast<std::uint64_t>(coordinates[j]) == i ? 1.0 : 0.0);
      else
        features.push_back(coordinates[j]);
    }
  }

  /// Half of them the best ones, the others the last ones.
  std::vector<std::size_t> known_points(std::vector<double> const& scores) const {
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (order.size() <= most_known_) return order;
    auto const half = order.begin() + static_cast<std::ptrdiff_t>(most_known_ / 2);
    std::ranges::partial_sort(order, half, [&](std::size_t a, std::size_t b) {
      return scores[a] > scores[b] || (scores[a] == scores[b] && a > b);
    });
    std::ranges::sort(half, order.end(), std::ranges::greater());
    order.resize(most_known_);
    std::ranges::sort(order);
    return order;
  }

  Coordinates best_candidate() {
    auto const all_scores = half_rank_scores(fitness_);
    auto const known = known_points(all_scores);
    std::vector<double> features, scores;
    for (auto const i : known) {
      append_features(asked_[i], features);
      scores.push_back(all_scores[i]);
    }
    fit_if_due(features, scores);
    for (auto i = fitness_.size(); i < asked_.size(); ++i) append_features(asked_[i], features);
    GaussianProcess const process(parameters_, features, scores);
    double best = process.mean_at(0);
    for (std::size_t i = 1; i < known.size(); ++i) best = std::max(best, process.mean_at(i));
    auto const top = std::ranges::max_element(scores) - scores.begin();
    return search(process, best, asked_[known[static_cast<std::size_t>(top)]]);
  }

  /// Whenever there are a tenth more results.
  void fit_if_due(std::vector<double> const& features, std::vector<double> const& scores) {
    if (fitness_.size() < next_fit_) return;
    next_fit_ = fitness_.size() + std::max<std::size_t>(1, fitness_.size() / 10);
    std::vector<GaussianProcessParameters> starts = {
        prior_parameters(features.size() / scores.size())};
    if (!parameters_.length_scales.empty()) starts.push_back(parameters_);
    parameters_ = fit_gaussian_process(features, scores, starts, 30);
  }

  /// Points at random and around the best one, then around the best of them, ever closer.
  Coordinates search(GaussianProcess const& process, double best, Coordinates const& top) const {
    constexpr std::size_t num_first = 256, num_parents = 4, num_children = 32, num_rounds = 8;
    std::vector<Candidate> candidates;
    std::uint64_t num_drawn = 0;
    for (std::size_t i = 0; i < num_first; ++i, ++num_drawn) {
      double const deviation = std::ldexp(0.25, -static_cast<int>(i / 4 % num_rounds));
      candidates.push_back(
          {i % 4 == 0 ? neighbour(top, deviation, num_drawn) : random_candidate(num_drawn), 0.0});
    }
    rate(process, best, candidates);
    for (std::size_t round = 0; round < num_rounds; ++round) {
      std::ranges::partial_sort(candidates, candidates.begin() + num_parents,
                                std::ranges::greater(), &Candidate::gain);
      candidates.resize(num_parents);
      double const deviation = std::ldexp(0.2, -static_cast<int>(round));
      std::vector<Candidate> children;
      for (std::size_t i = 0; i < num_children; ++i, ++num_drawn)
        children.push_back(
            {neighbour(candidates[i % num_parents].coordinates, deviation, num_drawn), 0.0});
      rate(process, best, children);
      candidates.insert(candidates.end(), children.begin(), children.end());
    }
    return std::ranges::max_element(candidates, {}, &Candidate::gain)->coordinates;
  }

  void rate(GaussianProcess const& process, double best, std::vector<Candidate>& candidates) const {
    std::vector<double> features, means(candidates.size()), deviations(candidates.size());
    for (auto const& candidate : candidates) append_features(candidate.coordinates, features);
    process.predict(features, means, deviations);
    for (std::size_t i = 0; i < candidates.size(); ++i)
      candidates[i].gain = log_expected_improvement(means[i], deviations[i], best);
  }

  SearchSpace space_;
  Key key_;
  std::uint64_t lag_, num_random_, most_known_;
  std::vector<Coordinates> asked_;
  std::vector<double> fitness_;  ///< of the first points
  GaussianProcessParameters parameters_;
  std::uint64_t next_fit_ = 0;  ///< results
};

RegisterSearcher const registered_gaussian_process({
    .name = "gaussian_process",
    .summary = "Bayesian optimisation: points that a regression of the results so far expects most "
               "of; for costly trials",
    .source = "Jones et al. 1998, doi 10.1023/A:1008306431147; Snoek et al. 2012, NIPS 25; "
              "Garrido-Merchán & Hernández-Lobato 2020, doi 10.1016/j.neucom.2019.11.004",
    .options = {parallel_option(1000),
                integer("random_points", 10)
                    .range(1, 1e9)
                    .means("results of points at random before the first that is proposed by them")
                    .from("here"),
                integer("known_points", 192)
                    .range(2, 2000)
                    .means("whose results the regression knows, half of them the best ones and "
                           "half the last ones: a proposal's time grows with their third power")
                    .from("here")},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<GaussianProcessSearch>(s); },
});

}  // namespace
}  // namespace engram
