#include <cmath>
#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "jobs/searchers/adaptive.hpp"
#include "jobs/searchers/halving.hpp"

namespace engram {
namespace {

/// Successive halving that waits for no rung to be complete: a configuration goes on as soon as it
/// is among the best 1/eta of the results of its level, the highest level first; where there is
/// none, a new one begins (algorithm 2). What results there are is decided by point order, not by
/// time: all but those of the last points.
class Asha final : public Adaptive {
 public:
  explicit Asha(SearcherSettings const& settings)
      : Adaptive(settings),
        budgets_(settings),
        space_(settings.space),
        key_(settings.key),
        lag_(settings.options.count("parallel")),
        rungs_(budgets_.highest_level()) {
    std::uint64_t least = 0;
    for (std::size_t k = 0; k <= rungs_.size(); ++k) least += budgets_.power(k);
    check_full_budget(num_points(), least);
  }

  bool keeps_states() const override { return !rungs_.empty(); }

  std::uint64_t oldest_to_continue() const override {
    return may_go_on_.empty() ? num_asked() : *may_go_on_.begin();
  }

 private:
  struct Asked {
    std::size_t level;
    std::uint64_t first;  ///< the configuration's first point
    Point values;         ///< until it goes on
  };

  std::uint64_t num_needed() const override {
    return num_asked() < lag_ ? 0 : num_asked() - lag_ + 1;
  }

  void learn(double fitness) override {
    auto const level = points_[num_learned()].level;
    if (level == rungs_.size()) return;
    rungs_[level].add(num_learned(), fitness);
    if (std::isnan(fitness)) may_go_on_.erase(num_learned());
  }

  Proposal propose_next() override {
    for (std::size_t level = rungs_.size(); level-- > 0;)
      if (auto const point = rungs_[level].promote(budgets_.eta())) return go_on_from(*point);
    auto values = random_configuration(space_, key_, num_configurations_++);
    note({0, num_asked(), values});
    return {.values = std::move(values), .budget = budgets_.budget(0)};
  }

  Proposal go_on_from(std::uint64_t point) {
    may_go_on_.erase(point);
    auto const level = points_[point].level + 1;
    auto const first = points_[point].first;
    auto values = std::exchange(points_[point].values, {});
    note({level, first, values});
    return {std::move(values), budgets_.budget(level), point, first};
  }

  void note(Asked asked) {
    if (asked.level == rungs_.size())
      asked.values = {};
    else
      may_go_on_.insert(num_asked());
    points_.push_back(std::move(asked));
  }

  Budgets budgets_;
  SearchSpace space_;
  Key key_;
  std::uint64_t lag_, num_configurations_ = 0;
  std::vector<Rung> rungs_;  ///< of the levels below the highest
  std::vector<Asked> points_;
  std::set<std::uint64_t> may_go_on_;
};

std::vector<ParameterSpec> asha_options() {
  auto options = Budgets::options(4, "Li et al. 2020, MLSys", 0.0625);
  options.push_back(integer("parallel", 16)
                        .range(1, 1e6)
                        .means("points that are evaluated at a time: each is proposed without the "
                               "results of the last of them; several times the ranks keeps all "
                               "busy while a point of the full budget runs")
                        .from("here"));
  return options;
}

RegisterSearcher const registered_asha({
    .name = "asha",
    .summary = "configurations go on with a larger budget as soon as they are among the best share",
    .source = "Li et al. 2020, MLSys, arXiv 1810.05934, algorithm 2",
    .options = asha_options(),
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<Asha>(s); },
});

}  // namespace
}  // namespace engram
