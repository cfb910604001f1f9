#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/evolution/pareto.hpp"
#include "core/evolution/variation.hpp"
#include "experiments/metric_choice.hpp"
#include "jobs/searchers/adaptive.hpp"
#include "jobs/searchers/unit_encoding.hpp"

namespace engram {
namespace {

/// NSGA-II: of parents and children those survive that fewest fronts lie before, of the last front
/// those in the emptiest places. A generation is evaluated before the next one is asked for.
class Nsga2 final : public Adaptive {
 public:
  explicit Nsga2(SearcherSettings const& settings)
      : Adaptive(settings),
        settings_(settings),
        encoding_(settings.space),
        objectives_(choose_objectives(settings.options.text("objectives"), settings.objective,
                                      settings.metrics)),
        size_(settings.options.count("population")),
        crossover_(settings.options.real("crossover")),
        crossover_index_(settings.options.real("crossover_index")),
        mutation_index_(settings.options.real("mutation_index")),
        children_(size_) {
    auto const n = static_cast<double>(encoding_.num_coordinates());
    mutation_ = n > 0.0 ? settings.options.real("mutations") / n : 0.0;
  }

  bool heeds_constraints() const override { return true; }

 private:
  struct Member {
    std::vector<double> coordinates, losses;  ///< losses are minimised
    std::size_t rank = 0;
    double crowding = 0.0;

    bool is_before(Member const& other) const {
      return rank != other.rank ? rank < other.rank : crowding > other.crowding;
    }
  };

  /// Those of the generations before.
  std::uint64_t num_needed() const override { return num_asked() / size_ * size_; }

  void learn_result(PointResult const& result) override {
    std::size_t const i = num_learned() % size_;
    children_[i].losses = losses_of(result);
    if (i + 1 == size_) select();
  }

  /// The worst that there is, in all, where one is missing.
  std::vector<double> losses_of(PointResult const& result) const {
    std::vector<double> losses;
    for (std::size_t k = 0; k < objectives_.size(); ++k) {
      auto const i = objectives_[k];
      // With the penalties of failed trials, which metrics don't have.
      double const value = k == 0 ? result.objective : result.metrics.at(i);
      losses.push_back(settings_.metrics[i].direction == Direction::minimise ? value : -value);
    }
    if (std::ranges::any_of(losses, [](double loss) { return std::isnan(loss); }))
      losses.assign(losses.size(), std::numeric_limits<double>::infinity());
    return losses;
  }

  void select() {
    auto pool = std::move(parents_);
    pool.insert(pool.end(), children_.begin(), children_.end());
    ObjectiveVectors losses;
    for (auto const& member : pool) losses.push_back(member.losses);
    auto const ranks = dominance_ranks(losses);
    std::vector<std::vector<std::size_t>> fronts(1 + *std::ranges::max_element(ranks));
    for (std::size_t i = 0; i < pool.size(); ++i) fronts[ranks[i]].push_back(i);
    for (auto const& front : fronts) {
      auto const crowding = crowding_distances(losses, front);
      for (std::size_t i = 0; i < front.size(); ++i) {
        pool[front[i]].rank = ranks[front[i]];
        pool[front[i]].crowding = crowding[i];
      }
    }
    std::ranges::stable_sort(pool, [](Member const& a, Member const& b) { return a.is_before(b); });
    pool.resize(size_);
    parents_ = std::move(pool);
  }

  Point propose() override {
    std::size_t const i = num_asked() % size_;
    if (i == 0) breed();
    return encoding_.point(children_[i].coordinates);
  }

  void breed() {
    auto const n = encoding_.num_coordinates();
    if (parents_.empty()) {
      for (std::size_t i = 0; i < size_; ++i) {
        Random const random(settings_.key.index(num_asked() + i));
        children_[i].coordinates.resize(n);
        for (std::size_t j = 0; j < n; ++j) children_[i].coordinates[j] = random.uniform(j);
      }
      return;
    }
    auto const pairs = mates();
    for (std::size_t i = 0; i < size_; i += 2) {
      auto children = two_children(parents_[pairs[i % pairs.size()]].coordinates,
                                   parents_[pairs[(i + 1) % pairs.size()]].coordinates,
                                   settings_.key.index(num_asked() + i));
      children_[i].coordinates = std::move(children.first);
      if (i + 1 < size_) children_[i + 1].coordinates = std::move(children.second);
    }
  }

  std::pair<std::vector<double>, std::vector<double>> two_children(std::vector<double> const& a,
                                                                   std::vector<double> const& b,
                                                                   Key const& key) const {
    auto children = Random(key).uniform(0) < crossover_
                        ? crossed(a, b, crossover_index_, key.stream("crossover"))
                        : std::pair(a, b);
    mutate(children.first, mutation_, mutation_index_, key.stream("first mutation"));
    mutate(children.second, mutation_, mutation_index_, key.stream("second mutation"));
    return children;
  }

  /// The winners of two rounds in which all meet another, so that the best are in two pairs.
  std::vector<std::size_t> mates() const {
    std::vector<std::size_t> winners;
    for (std::uint64_t round = 0; round < 2; ++round) {
      Random const random(settings_.key.index(num_asked()).stream("round").index(round));
      std::vector<std::size_t> order(size_);
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::ranges::stable_sort(order, {}, [&](std::size_t i) { return random.bits(i); });
      for (std::size_t i = 0; i + 1 < size_; i += 2) {
        bool const second_wins = parents_[order[i + 1]].is_before(parents_[order[i]]);
        winners.push_back(order[second_wins ? i + 1 : i]);
      }
    }
    return winners;
  }

  SearcherSettings settings_;
  UnitEncoding encoding_;
  std::vector<std::size_t> objectives_;  ///< indices of metrics; the first is the study's
  std::size_t size_;
  double crossover_, crossover_index_, mutation_ = 0.0, mutation_index_;
  std::vector<Member> parents_, children_;
};

RegisterSearcher const registered_nsga2({
    .name = "nsga2",
    .summary = "generations that spread along the front of best compromises of several metrics",
    .source = "Deb et al. 2002, doi 10.1109/4235.996017",
    .options = {text("objectives", "")
                    .means("two or more metrics, study.objective among them; empty: that and the "
                           "first other that has a direction")
                    .from("here"),
                integer("population", 100)
                    .range(2, 1e6)
                    .means("points of a generation, which are evaluated at a time")
                    .from("Deb et al. 2002, section IV"),
                real("crossover", 0.9)
                    .range(0.0, 1.0)
                    .means("probability with which two parents are crossed")
                    .from("Deb et al. 2002, section IV"),
                real("crossover_index", 20.0)
                    .range(0.0, 1000.0)
                    .means("eta_c: the larger, the nearer children are to their parents")
                    .from("Deb et al. 2002, section IV (pagmo: 10)"),
                real("mutations", 1.0)
                    .at_least(0.0)
                    .means("coordinates of a child that mutate, on average")
                    .from("Deb et al. 2002, section IV"),
                real("mutation_index", 20.0)
                    .range(0.0, 1000.0)
                    .means("eta_m: the larger, the smaller mutations are")
                    .from("Deb et al. 2002, section IV (pagmo: 50)")},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<Nsga2>(s); },
});

}  // namespace
}  // namespace engram
