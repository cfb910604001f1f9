#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/communicator.hpp"
#include "core/random/low_rank_noise.hpp"
#include "core/random/random.hpp"
#include "core/registry.hpp"
#include "core/state_archive.hpp"

namespace engram {

/// What strategies that step along an estimated gradient take besides. What is empty is the
/// strategy's own; its factory's `defaults` tells which of these it heeds, and their values.
struct GradientSettings {
  std::string optimizer = {};       ///< one of optimizer_names()
  std::string shaping = {};         ///< one of shaping_names()
  std::optional<double> rate = {};  ///< of the optimiser, in the units of a genome, > 0
  double rate_decay = 1.0;          ///< factor of the rate a generation, in (0, 1]
  double min_rate = 0.0;            ///< the rate decays no further
  double step_decay = 1.0;          ///< factor of the step an episode, in (0, 1]
  double min_step = 0.0;            ///< the step decays no further
  double weight_decay = 0.0;        ///< this times the mean is added to what is descended, >= 0
  std::string noise = {};          ///< one of pair_noise_names(); not eggroll, whose is of low rank
  std::size_t noise_rank = 1;      ///< eggroll: of the noise of matrices, > 0
  std::size_t num_surrogates = 1;  ///< guided_es: dimensions of the guiding subspace, > 0
  std::size_t generations_an_episode = 1;  ///< > 0: windows of an unrolled problem
};

/// What a strategy begins with.
struct StrategySettings {
  std::vector<double> start;        ///< centre of where the first mean is, [dimension]
  double start_width = 0.0;         ///< the mean is uniform in start +- width; each run draws anew
  double step = 1.0;                ///< standard deviation of each coordinate around it, > 0
  std::size_t population_size = 0;  ///< 0: the strategy's default
  bool active = true;               ///< strategies with covariances: negative weights, too
  Key key = {};                     ///< the strategy's random numbers
  /// Share of a generation that is selected, in (0, 1]: directions of ars, parents of simple_ga.
  std::optional<double> top_fraction = {};
  GradientSettings gradient = {};
  /// Matrices of weights in a genome, in its order, for strategies that perturb them as such.
  std::vector<MatrixBlock> matrices = {};
  /// Ranks that share the work of updates. They have equal settings and are told the same.
  Communicator group = {};
};

/// Throws std::invalid_argument unless the start is finite and not empty, and steps are positive.
void check(StrategySettings const& settings);

/// Mean of the first generation, [dimension].
std::vector<double> draw_start(StrategySettings const& settings);

/// The population that is asked for, or the default one.
std::size_t resolved_population_size(StrategySettings const& settings);

/// Members of a generation, best first. NaN is the worst rank; equals stay in member order.
struct Ranking {
  std::span<std::size_t const> order;  ///< [members]: order[0] is the best
  std::span<double const> fitness;     ///< [members], in member order
  std::size_t num_nan = 0;

  std::size_t num_numbers() const { return order.size() - num_nan; }
  double best() const { return fitness[order[0]]; }  ///< NaN only if all are
};

/// A search for the genome of largest fitness: ask for the genomes of a generation, tell their
/// fitness, again and again.
///
/// A member's genome is a function of settings, state and the member's index alone: random numbers
/// are keyed by (generation, member, coordinate), so any rank can make any member at any time, and
/// ranks that are told the same fitness stay the same to the bit, whatever their number. Only ranks
/// of fitness decide how the search goes on, except for when it stops and for strategies whose
/// factory says that values count.
///
///   while (strategy->stop_reason().empty()) {
///     for (std::size_t i = 0; i < strategy->population_size(); ++i) {
///       strategy->genome(i, x);
///       fitness[i] = …;
///     }
///     strategy->tell(fitness);
///   }
class EvolutionStrategy {
 public:
  virtual ~EvolutionStrategy() = default;
  EvolutionStrategy(EvolutionStrategy const&) = delete;
  EvolutionStrategy& operator=(EvolutionStrategy const&) = delete;

  std::size_t dimension() const { return best_genome_.size(); }

  /// Members of the present generation. Constant, except in strategies that restart.
  virtual std::size_t population_size() const = 0;

  /// The genome of a member of the present generation. Not from several threads at a time.
  /// @param out  [dimension]
  /// Throws std::invalid_argument if there is no such member or `out` has another length.
  void genome(std::size_t i_member, std::span<double> out) const;

  /// Genomes of the members in [first, last), row by row.
  /// @param out  [last - first, dimension]
  void ask(std::size_t first, std::size_t last, std::span<double> out) const;

  /// Offers an estimate of the fitness' gradient at the mean, of whatever scale and quality, for
  /// the generations to come. Strategies other than guided_es have no use for it.
  /// @param gradient  [dimension], finite
  /// Throws std::invalid_argument if its length is another.
  void guide(std::span<double const> gradient);

  /// Takes a genome from elsewhere in place of a member's of the present generation: what `tell` is
  /// told of the member next is the genome's fitness. It is no part of `state`.
  /// @param genome  [dimension], finite
  /// Throws std::invalid_argument if there is no such member, if the length is another, or if the
  /// strategy takes none: cma_es, sep_cma_es and the restarts of them do.
  void inject(std::size_t i_member, std::span<double const> genome);

  /// Ends the generation. Collective over the settings' group.
  /// @param fitness  of all its members in member order; larger is better, NaN is worst
  /// Throws std::invalid_argument if the length is not the population's.
  void tell(std::span<double const> fitness);

  /// Centre of the present generation, [dimension].
  virtual std::span<double const> mean() const = 0;

  /// The genome of the largest fitness told so far, [dimension]; before the first, zeros.
  std::span<double const> best_genome() const { return best_genome_; }
  double best_fitness() const { return best_fitness_; }  ///< -infinity before the first number

  /// Why going on is of no use: the criterion's name; empty: go on.
  virtual std::string_view stop_reason() const = 0;

  std::uint64_t generation() const { return generation_; }    ///< of members asked for next
  std::uint64_t evaluations() const { return evaluations_; }  ///< fitness values told
  std::uint64_t num_nan() const { return num_nan_; }          ///< NaN among them

  /// All that changes, as numbers: a strategy of equal settings continues from it to the bit.
  std::vector<double> state() const;

  /// Throws std::invalid_argument if these are not a state of such a strategy of this dimension,
  /// which then is in no good state itself.
  void set_state(std::span<double const> state);

  /// Either of them, where the strategy's state is a part of another's.
  void exchange_all(StateArchive& archive);

 protected:
  explicit EvolutionStrategy(StrategySettings const& settings);

  /// Of the random numbers of a member, or of whatever a strategy counts, in a generation.
  Key noise_key(std::uint64_t generation, std::size_t i_member) const {
    return key_.index(generation).index(i_member);
  }

  /// Standard normal numbers of a member of the present generation.
  void draw_noise(std::size_t i_member, std::span<double> out) const;

 private:
  virtual void make_genome(std::size_t i_member, std::span<double> out) const = 0;
  virtual void update(Ranking const& ranking) = 0;
  virtual void take_guidance(std::span<double const>) {}
  virtual void take_genome(std::size_t i_member, std::span<double const> genome);
  /// Hands every member that changes to the archive.
  virtual void exchange(StateArchive& archive) = 0;

  Key key_;
  std::uint64_t generation_ = 0, evaluations_ = 0, num_nan_ = 0;
  double best_fitness_;
  std::vector<double> best_genome_;
  std::map<std::size_t, std::vector<double>> injected_;  // by member
  std::vector<std::size_t> order_;  // of the last generation: kept for its memory only
};

/// A kind of strategy: name, documentation, constructor.
struct StrategyFactory {
  static constexpr std::string_view kind = "evolution strategy", plural = "strategies";
  std::string name;
  std::string summary;
  std::string source;
  int num_matrices = 0;      ///< of [dimension, dimension] that it holds, for estimates of memory
  bool uses_values = false;  ///< values of fitness count, not their ranks alone
  /// Optional settings that it uses, by the fields' names of StrategySettings and GradientSettings.
  /// All use start, start_width, step, population_size, key and group.
  std::vector<std::string> uses = {};
  std::string defaults = {};  ///< of what it heeds of GradientSettings and top_fraction
  /// Throws std::invalid_argument if the settings are out of range.
  std::function<std::unique_ptr<EvolutionStrategy>(StrategySettings const&)> make;
};

using StrategyRegistry = Registry<StrategyFactory>;
using RegisterStrategy = Register<StrategyFactory>;  ///< in core/evolution/strategies/<name>.cpp

}  // namespace engram
