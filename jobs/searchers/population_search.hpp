#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "jobs/searchers/adaptive.hpp"
#include "jobs/searchers/evolving_population.hpp"
#include "jobs/searchers/unit_encoding.hpp"

namespace engram {

/// Populations of the unit cube that evolve beside each other, of which all rivals of a generation
/// are evaluated before the next one is asked for; points are in the order of populations.
class PopulationSearch : public Adaptive {
 public:
  PopulationSearch(SearcherSettings const& settings, Populations populations)
      : Adaptive(settings), encoding_(settings.space), populations_(std::move(populations)) {}

  bool learns_from_others() const final { return true; }
  bool heeds_constraints() const final { return true; }

  static std::unique_ptr<Searcher> of_one(SearcherSettings const& settings,
                                          std::unique_ptr<EvolvingPopulation> population) {
    Populations populations;
    populations.push_back(std::move(population));
    return std::make_unique<PopulationSearch>(settings, std::move(populations));
  }

 private:
  /// What populations take from each other after a generation.
  virtual void mix(Populations const&) {}

  /// Those of the generations before.
  std::uint64_t num_needed() const final {
    return num_asked() - first_ < population_of_.size() ? first_ : num_asked();
  }

  void learn(double fitness) final {
    populations_[population_of_[num_learned() - first_]]->tell_next(fitness);
  }

  /// Populations take turns.
  void learn_of(Point const& point, double fitness) final {
    populations_[num_founders_++ % populations_.size()]->add_founder(
        {encoding_.coordinates(point), fitness});
  }

  Point propose() final {
    if (num_asked() - first_ == population_of_.size()) begin_generation();
    auto const i = num_asked() - first_;
    return encoding_.point(populations_[population_of_[i]]->breed_next());
  }

  /// When all of the last one are told.
  void begin_generation() {
    if (num_asked() > 0) mix(populations_);
    first_ = num_asked();
    population_of_.clear();
    for (std::size_t p = 0; p < populations_.size(); ++p) {
      populations_[p]->begin_generation();
      population_of_.insert(population_of_.end(), populations_[p]->size(), p);
    }
  }

  UnitEncoding encoding_;
  Populations populations_;
  std::size_t num_founders_ = 0;
  std::uint64_t first_ = 0;                 ///< point of the generation
  std::vector<std::size_t> population_of_;  ///< [point of the generation]
};

}  // namespace engram
