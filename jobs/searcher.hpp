#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/random/random.hpp"
#include "core/registry.hpp"
#include "experiments/experiment.hpp"
#include "jobs/space.hpp"

namespace engram {

/// A point of the search space: one value a dimension, in the order of the space.
using Point = std::vector<ParameterValue>;

/// A point that a searcher wants evaluated, and how.
struct Proposal {
  Point values = {};
  double budget = 1.0;  ///< Trial::budget, in (0, 1]
  /// The point whose trials these go on from, replicate by replicate: it has been told, and said to
  /// be continued (`Searcher::keeps_states`).
  std::optional<std::uint64_t> continues = {};
  /// The point whose trials' seeds these have; none: their own. A trial that goes on with equal
  /// values and the seed of its first part is the trial of the whole budget in one go.
  std::optional<std::uint64_t> seeds_of = {};

  bool operator==(Proposal const&) const = default;
};

/// What a searcher is told about a point: means over its complete replicates.
struct PointResult {
  std::uint64_t point = 0;           ///< index in the order of asking
  double objective = 0.0;            ///< NaN if no replicate completed
  std::vector<double> metrics = {};  ///< of SearcherSettings::metrics; NaN likewise
};

/// Settings of a searcher as the study resolved them.
struct SearcherSettings {
  SearchSpace space;
  std::uint64_t num_points = 0;  ///< the budget; 0: as many as the searcher has by itself (grid)
  Direction direction = Direction::minimise;
  std::string objective = {};            ///< the metric's name
  std::vector<MetricSpec> metrics = {};  ///< that results have
  Key key;                               ///< the searcher's own random numbers
  Parameters options;  ///< the [searcher] section, by the specs of `SearcherFactory::options`
  std::vector<Point> points = {};  ///< of the file that an option names
  /// Whether a point may be evaluated, by the study's constraints; empty: any.
  std::function<bool(Point const&)> admits = {};
};

/// Points in a row that the study's constraints don't admit, before a searcher gives up.
inline constexpr std::uint64_t most_tries = 100'000;

/// "no point…": what it throws then.
inline UserError no_admitted_point() {
  return UserError("no point of [space] in " + std::to_string(most_tries) +
                   " in a row is one that [constraints] admit; widen them, or narrow the space");
}

/// Ask/tell over points. A deterministic function of its settings and the results told in point
/// order, so that a study is continued by asking and telling again.
class Searcher {
 public:
  virtual ~Searcher() = default;

  /// The next points, at most `max_points`. Empty means: tell first, or finished.
  virtual std::vector<Proposal> ask(std::size_t max_points) = 0;

  /// In point order. Searchers that do not learn ignore it.
  virtual void tell(PointResult const&) {}

  /// Whether points depend on what is told, so that it has to be told to go on.
  virtual bool learns() const { return true; }

  virtual bool finished() const = 0;

  /// Points it will ask for in all, if that is known.
  virtual std::uint64_t num_points() const = 0;

  /// Whether trials have to keep the states that they end with, for points that continue them.
  virtual bool keeps_states() const { return false; }

  /// Whether it proposes only points that `SearcherSettings::admits`.
  virtual bool heeds_constraints() const { return false; }

  /// Whether `tell_of` does anything, so that it comes before the first `ask`.
  virtual bool learns_from_others() const { return false; }

  /// The result of a point that it did not ask for; the point's number is not one of its own.
  virtual void tell_of(Point const&, PointResult const&) {}

  /// Points before this one are never continued from now on.
  virtual std::uint64_t oldest_to_continue() const { return 0; }
};

class EvolvingPopulation;

/// A kind of searcher: name, documentation, options, constructor.
struct SearcherFactory {
  static constexpr std::string_view kind = "searcher", plural = "searchers";
  std::string name;
  std::string summary;
  std::string source;
  std::vector<ParameterSpec> options;
  bool extensible = true;  ///< a larger budget begins with the points of the smaller one
  /// Only for experiments that save states (Experiment::saves_states): points go on from others'
  /// with other values.
  bool needs_states = false;
  /// Throws UserError if the settings make no sense (a grid over a continuous dimension).
  std::function<std::unique_ptr<Searcher>(SearcherSettings const&)> make;
  /// The population that the searcher evolves; none: it can't be an island among others.
  std::function<std::unique_ptr<EvolvingPopulation>(SearcherSettings const&)> make_population = {};
};

using SearcherRegistry = Registry<SearcherFactory>;
using RegisterSearcher = Register<SearcherFactory>;  ///< in jobs/searchers/<name>.cpp

}  // namespace engram
