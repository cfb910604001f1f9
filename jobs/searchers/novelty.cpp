#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "core/evolution/variation.hpp"
#include "experiments/metric_choice.hpp"
#include "jobs/searchers/adaptive.hpp"
#include "jobs/searchers/unit_encoding.hpp"

namespace engram {
namespace {

/// Novelty search: of parents and children those survive whose behaviours are farthest from the
/// others' and from those of an archive, to which each generation adds its most novel children. (In
/// the paper those above a threshold, which is moved so that there are a few.) The objective counts
/// for nothing. A generation is evaluated before the next one is asked for.
class NoveltySearch final : public Adaptive {
 public:
  explicit NoveltySearch(SearcherSettings const& settings)
      : Adaptive(settings),
        encoding_(settings.space),
        descriptors_(choose_descriptors(settings.options.text("descriptors"), settings.objective,
                                        settings.metrics)),
        key_(settings.key),
        size_(settings.options.count("population")),
        num_nearest_(settings.options.count("nearest")),
        num_archived_(settings.options.count("archived")),
        iso_(settings.options.real("iso")),
        line_(settings.options.real("line")),
        children_(size_) {}

  bool heeds_constraints() const override { return true; }

 private:
  struct Individual {
    std::vector<double> coordinates, behaviour;
    bool is_known() const {
      return std::ranges::none_of(behaviour, [](double x) { return std::isnan(x); });
    }
  };

  /// Those of the generations before.
  std::uint64_t num_needed() const override { return num_asked() / size_ * size_; }

  void learn_result(PointResult const& result) override {
    std::size_t const i = num_learned() % size_;
    children_[i].behaviour.clear();
    for (auto const metric : descriptors_.metrics)
      children_[i].behaviour.push_back(result.metrics.at(metric));
    if (i + 1 == size_) select();
  }

  void select() {
    if (num_learned() < size_) close_space();
    // Children come first, so that they win ties.
    std::vector<Individual> pool;
    for (auto const* group : {&children_, &parents_})
      std::ranges::copy_if(*group, std::back_inserter(pool), &Individual::is_known);
    auto const num_children =
        static_cast<std::size_t>(std::ranges::count_if(children_, &Individual::is_known));
    auto const order = by_novelty(pool);
    parents_.clear();
    std::size_t num_added = 0;
    for (auto const i : order) {
      if (i < num_children && num_added < num_archived_) {
        archive_.push_back(descriptors_.space.scaled(pool[i].behaviour));
        ++num_added;
      }
      if (parents_.size() < size_) parents_.push_back(pool[i]);
    }
  }

  void close_space() {
    std::vector<std::vector<double>> behaviours;
    for (auto const& child : children_) behaviours.push_back(child.behaviour);
    descriptors_.space.close(behaviours);
  }

  /// Indices, the most novel first.
  std::vector<std::size_t> by_novelty(std::vector<Individual> const& pool) const {
    std::vector<std::vector<double>> others;
    for (auto const& one : pool) others.push_back(descriptors_.space.scaled(one.behaviour));
    others.insert(others.end(), archive_.begin(), archive_.end());
    std::vector<double> values;
    for (std::size_t i = 0; i < pool.size(); ++i)
      values.push_back(novelty(others[i], others, i, num_nearest_));
    std::vector<std::size_t> order(pool.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return values[i]; });
    return order;
  }

  Point propose() override {
    auto const key = key_.index(num_asked());
    Random const random(key);
    auto& x = children_[num_asked() % size_].coordinates;
    x.resize(encoding_.num_coordinates());
    if (parents_.empty()) {
      for (std::size_t j = 0; j < x.size(); ++j) x[j] = random.uniform(j);
    } else {
      auto const& parent = parents_[random.integer(0, parents_.size())];
      auto const& other = parents_[random.integer(1, parents_.size())];
      x = moved_along_line(parent.coordinates, other.coordinates, iso_, line_, key.stream("line"));
    }
    return encoding_.point(x);
  }

  UnitEncoding encoding_;
  Descriptors descriptors_;
  Key key_;
  std::size_t size_, num_nearest_, num_archived_;
  double iso_, line_;
  std::vector<Individual> parents_, children_;
  std::vector<std::vector<double>> archive_;  ///< scaled behaviours
};

RegisterSearcher const registered_novelty({
    .name = "novelty",
    .summary = "points whose behaviours, which metrics describe, are unlike those before",
    .source = "Lehman & Stanley 2011, doi 10.1162/EVCO_a_00025; variation of Vassiliades & Mouret "
              "2018, doi 10.1145/3205455.3205602",
    .options =
        {text("descriptors", "")
             .means("metrics that describe a behaviour: name(low, high) of each, by which "
                    "distances are scaled; without a range that of the first generation; empty: "
                    "the first two that are not the objective")
             .from("here"),
         integer("population", 50)
             .range(2, 1e6)
             .means("points of a generation, which are evaluated at a time")
             .from("here"),
         integer("nearest", 15)
             .range(1, 1e6)
             .means("behaviours whose mean distance is the novelty")
             .from("Lehman & Stanley 2011"),
         integer("archived", 6)
             .range(0, 1e6)
             .means("most novel points of a generation that are never forgotten")
             .from("here"),
         real("iso", 0.01)
             .range(0.0, 10.0)
             .means("standard deviation of each coordinate, of a dimension's whole range")
             .from("Vassiliades & Mouret 2018"),
         real("line", 0.2)
             .range(0.0, 10.0)
             .means("standard deviation along the line to another point, of its length")
             .from("Vassiliades & Mouret 2018")},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<NoveltySearch>(s); },
});

}  // namespace
}  // namespace engram
