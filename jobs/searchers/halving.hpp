#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "jobs/searcher.hpp"

namespace engram {

/// The budgets of successive halving: a point's budget is eta^(level - highest level) of the full
/// effort, so that of level 0 is the smallest (Li et al. 2018, JMLR 18(185), algorithm 1: r = R
/// eta^-s). In a space without dimensions all points are equal, and there is only the full one.
class Budgets {
 public:
  /// By the options `eta` and `min_budget`.
  explicit Budgets(SearcherSettings const& settings);

  static std::vector<ParameterSpec> options(std::int64_t eta, std::string_view source_of_eta,
                                            double min_budget);

  std::uint64_t eta() const { return eta_; }
  std::size_t highest_level() const { return powers_.size() - 1; }
  std::uint64_t power(std::size_t exponent) const { return powers_[exponent]; }  ///< of eta

  /// In (0, 1].
  double budget(std::size_t level) const {
    return 1.0 / static_cast<double>(powers_[highest_level() - level]);
  }

 private:
  std::uint64_t eta_;
  std::vector<std::uint64_t> powers_;
};

/// Configurations that begin at one level; floor(n eta^-k) of them have a point at the k-th level
/// above.
struct Bracket {
  std::uint64_t num_configurations = 1;
  std::size_t first_level = 0;

  std::uint64_t size(Budgets const& budgets, std::size_t level) const {
    return level < first_level ? 0 : num_configurations / budgets.power(level - first_level);
  }
};

/// Those of Hyperband: for s from the highest level to 0, ceil((s_max + 1) / (s + 1) eta^s)
/// configurations that rise by s levels (Li et al. 2018, JMLR 18(185), algorithm 1).
std::vector<Bracket> hyperband_brackets(Budgets const& budgets);

/// Throws UserError if so many points are too few for any to have the full budget.
/// @param least  points of which one has
void check_full_budget(std::uint64_t num_points, std::uint64_t least);

/// A configuration at random, the same as the i-th point of random search.
Point random_configuration(SearchSpace const& space, Key key, std::uint64_t i);

/// The best `num`, best first; of equal ones the first.
/// @param fitness  larger is better; NaN is worst
std::vector<std::size_t> best_indices(std::span<double const> fitness, std::size_t num);

/// Results of points of one level as they come in, of which the best share goes on.
class Rung {
 public:
  /// @param fitness  larger is better; NaN counts as a result, but doesn't go on
  void add(std::uint64_t point, double fitness);

  /// The best point that hasn't gone on yet, if it is among the best floor(results / eta); it then
  /// has. Of equal ones, the first.
  std::optional<std::uint64_t> promote(std::uint64_t eta);

 private:
  struct Result {
    double fitness;
    std::uint64_t point;
    bool operator<(Result const& other) const {  ///< better
      return fitness > other.fitness || (fitness == other.fitness && point < other.point);
    }
  };

  std::uint64_t num_results_ = 0;
  std::set<Result> waiting_;      ///< best first
  std::vector<Result> promoted_;  ///< best first
};

}  // namespace engram
