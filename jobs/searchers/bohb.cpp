#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "jobs/searchers/bracket_search.hpp"
#include "jobs/searchers/parzen.hpp"

namespace engram {
namespace {

/// Hyperband whose new configurations are, but for some at random, likelier among the good ones
/// than among the bad ones so far: those of the highest level that has enough results. The paper
/// estimates densities of all dimensions together; here, as in `tpe`, each dimension is by itself.
/// New configurations of a stage follow from the results of the stages before, so that they don't
/// depend on which of its points ends first.
class Bohb final : public BracketSearch {
 public:
  Bohb(SearcherSettings const& settings, Budgets const& budgets)
      : BracketSearch(settings, budgets, hyperband_brackets(budgets)),
        space_(settings.space),
        key_(settings.key),
        random_share_(settings.options.real("random_share")),
        good_share_(settings.options.real("good_share")),
        num_candidates_(settings.options.count("candidates")),
        coordinates_(space_.size()),
        results_(budgets.highest_level() + 1) {}

 private:
  struct Results {
    std::vector<std::uint64_t> configurations;
    std::vector<double> fitness;
  };

  Point configuration(std::uint64_t i) override {
    if (!is_up_to_date_) fit();
    Random const random(key_.index(i));
    bool const is_random = good_.empty() || random.uniform(space_.size()) < random_share_;
    Point point;
    for (std::size_t j = 0; j < space_.size(); ++j) {
      double const x = is_random ? coordinate_at(space_[j], random.uniform(j))
                                 : likeliest_among(good_[j], bad_[j],
                                                   Random(key_.index(i).index(j)), num_candidates_);
      coordinates_[j].push_back(x);
      point.push_back(value_at(space_[j], x));
    }
    return point;
  }

  void observe(std::uint64_t configuration, std::size_t level, double fitness) override {
    results_[level].configurations.push_back(configuration);
    results_[level].fitness.push_back(fitness);
    is_up_to_date_ = false;
  }

  /// Falkner et al. 2018, algorithm 2.
  void fit() {
    is_up_to_date_ = true;
    std::size_t const least = space_.size() + 1;
    for (auto level = results_.size(); level-- > 0;) {
      auto const num = results_[level].fitness.size();
      if (num < least + 2) continue;
      auto const order = best_indices(results_[level].fitness, num);
      auto const share = static_cast<std::size_t>(good_share_ * static_cast<double>(num));
      auto const num_good = std::max(least, share);
      auto const num_bad = std::max(least, num - num_good);
      good_ = estimators(level, std::span(order).first(num_good));
      bad_ = estimators(level, std::span(order).last(num_bad));
      return;
    }
  }

  std::vector<ParzenEstimator> estimators(std::size_t level,
                                          std::span<std::size_t const> members) const {
    std::vector<ParzenEstimator> result;
    std::vector<double> const weights(members.size(), 1.0);
    for (std::size_t j = 0; j < space_.size(); ++j) {
      std::vector<double> x;
      for (auto const i : members) x.push_back(coordinates_[j][results_[level].configurations[i]]);
      result.emplace_back(space_[j], x, weights);
    }
    return result;
  }

  SearchSpace space_;
  Key key_;
  double random_share_, good_share_;
  std::uint64_t num_candidates_;
  std::vector<std::vector<double>> coordinates_;  ///< [dimension, configuration]
  std::vector<Results> results_;                  ///< [level]
  bool is_up_to_date_ = true;
  std::vector<ParzenEstimator> good_, bad_;  ///< [dimension]; empty: too few results
};

std::vector<ParameterSpec> bohb_options() {
  auto options = Budgets::options(3, "Falkner et al. 2018", 0.111);
  options.push_back(real("random_share", 1.0 / 3.0)
                        .range(0.0, 1.0)
                        .means("share of new configurations that are at random")
                        .from("Falkner et al. 2018"));
  options.push_back(real("good_share", 0.15)
                        .range(0.0, 1.0)
                        .means("share of the results that counts as good, but at least dimensions "
                               "+ 1 of them")
                        .from("Falkner et al. 2018"));
  options.push_back(integer("candidates", 64)
                        .range(1, 1e6)
                        .means("that are drawn for each dimension of a configuration")
                        .from("Falkner et al. 2018"));
  return options;
}

RegisterSearcher const registered_bohb({
    .name = "bohb",
    .summary = "hyperband, with new configurations likelier among the good ones than the bad ones",
    .source = "Falkner et al. 2018, ICML, arXiv 1807.01774",
    .options = bohb_options(),
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<Bohb>(s, Budgets(s)); },
});

}  // namespace
}  // namespace engram
