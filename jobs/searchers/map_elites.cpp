#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/evolution/variation.hpp"
#include "experiments/metric_choice.hpp"
#include "jobs/searchers/adaptive.hpp"
#include "jobs/searchers/unit_encoding.hpp"

namespace engram {
namespace {

/// MAP-Elites: of all points that behave alike the best is kept, and new ones are made from those.
/// A batch is evaluated before the next one is asked for.
class MapElites final : public Adaptive {
 public:
  explicit MapElites(SearcherSettings const& settings)
      : Adaptive(settings),
        encoding_(settings.space),
        descriptors_(choose_descriptors(settings.options.text("descriptors"), settings.objective,
                                        settings.metrics)),
        key_(settings.key),
        sign_(settings.direction == Direction::minimise ? -1.0 : 1.0),
        num_random_(settings.options.count("random_points")),
        batch_(settings.options.count("batch")),
        iso_(settings.options.real("iso")),
        line_(settings.options.real("line")),
        elite_of_(descriptors_.space.num_cells(), none) {}

  bool heeds_constraints() const override { return true; }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  struct Individual {
    std::vector<double> coordinates, behaviour;
    double fitness = 0.0;
  };

  /// Those of the batches before.
  std::uint64_t num_needed() const override {
    if (num_asked() < num_random_) return 0;
    return num_random_ + (num_asked() - num_random_) / batch_ * batch_;
  }

  void learn_result(PointResult const& result) override {
    Individual individual{std::move(asked_.front()), {}, sign_ * result.objective};
    asked_.pop_front();
    for (auto const i : descriptors_.metrics) individual.behaviour.push_back(result.metrics.at(i));
    if (num_learned() >= num_random_) {
      keep(std::move(individual));
      return;
    }
    // Cells are known when the ranges are.
    first_.push_back(std::move(individual));
    if (num_learned() + 1 < num_random_) return;
    std::vector<std::vector<double>> behaviours;
    for (auto const& one : first_) behaviours.push_back(one.behaviour);
    descriptors_.space.close(behaviours);
    for (auto& one : first_) keep(std::move(one));
    first_.clear();
  }

  void keep(Individual individual) {
    if (std::isnan(individual.fitness)) return;
    for (double const x : individual.behaviour)
      if (std::isnan(x)) return;
    auto& elite = elite_of_[descriptors_.space.cell(individual.behaviour)];
    if (elite == none) {
      elite = elites_.size();
      elites_.push_back(std::move(individual));
    } else if (individual.fitness > elites_[elite].fitness) {
      elites_[elite] = std::move(individual);
    }
  }

  Point propose() override {
    auto const key = key_.index(num_asked());
    Random const random(key);
    std::vector<double> x(encoding_.num_coordinates());
    if (num_asked() < num_random_ || elites_.empty()) {
      for (std::size_t j = 0; j < x.size(); ++j) x[j] = random.uniform(j);
    } else {
      auto const& parent = elites_[random.integer(0, elites_.size())];
      auto const& other = elites_[random.integer(1, elites_.size())];
      x = moved_along_line(parent.coordinates, other.coordinates, iso_, line_, key.stream("line"));
    }
    asked_.push_back(x);
    return encoding_.point(x);
  }

  UnitEncoding encoding_;
  Descriptors descriptors_;
  Key key_;
  double sign_;
  std::uint64_t num_random_, batch_;
  double iso_, line_;
  std::vector<Individual> first_, elites_;  ///< elites in the order of their cells' first point
  std::vector<std::size_t> elite_of_;       ///< by cell
  std::deque<std::vector<double>> asked_;   ///< of points without a result
};

RegisterSearcher const registered_map_elites({
    .name = "map_elites",
    .summary = "the best point of every kind of behaviour that other metrics describe",
    .source = "Mouret & Clune 2015, arXiv 1504.04909; Vassiliades & Mouret 2018, doi "
              "10.1145/3205455.3205602",
    .options =
        {text("descriptors", "")
             .means("metrics that describe a behaviour: name(low, high, cells) of each; without "
                    "cells 10, without a range that of the random points; empty: the first two "
                    "that are not the objective")
             .from("here"),
         integer("random_points", 32)
             .range(1, 1e9)
             .means("the first points, which are drawn at random")
             .from("here"),
         integer("batch", 16)
             .range(1, 1e6)
             .means("points after them that are evaluated at a time")
             .from("here"),
         real("iso", 0.01)
             .range(0.0, 10.0)
             .means("standard deviation of each coordinate, of a dimension's whole range")
             .from("Vassiliades & Mouret 2018"),
         real("line", 0.2)
             .range(0.0, 10.0)
             .means("standard deviation along the line to another of the best, of its length")
             .from("Vassiliades & Mouret 2018")},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<MapElites>(s); },
});

}  // namespace
}  // namespace engram
