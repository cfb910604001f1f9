#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "jobs/searchers/adaptive.hpp"
#include "jobs/searchers/halving.hpp"

namespace engram {

/// Rounds of brackets of successive halving. The brackets of a round go side by side, a level at a
/// time, so that the points of a stage have equal budgets and none waits for a longer one: first
/// those that were promoted from the level below, bracket by bracket, then those of the bracket
/// that begins here. A stage is proposed from the results of the stages before; only the first of
/// a round doesn't wait for the last of the round before. Each round has new configurations, and
/// the last is cut off where the study's trials are used up.
class BracketSearch : public Adaptive {
 public:
  bool keeps_states() const final { return budgets_.highest_level() > 0; }
  std::uint64_t oldest_to_continue() const final;

 protected:
  /// Throws UserError if the study's trials end before any has the full budget.
  /// @param brackets  in the order of levels that they begin at, at most one a level; the points of
  ///                  a round are as many as the searcher has by itself
  BracketSearch(SearcherSettings const& settings, Budgets budgets, std::vector<Bracket> brackets);

 private:
  struct Member {
    std::uint64_t configuration = 0;  ///< its number, over all rounds
    std::uint64_t first = 0;          ///< the configuration's first point
    std::optional<std::uint64_t> continues = {};
    Point values = {};
    double fitness = 0.0;
  };
  struct Unlearned {
    std::uint64_t configuration;
    std::size_t level;
  };

  /// At random, unless it is overridden.
  virtual Point configuration(std::uint64_t i);

  /// A result, in point order.
  virtual void observe(std::uint64_t /*configuration*/, std::size_t /*level*/, double /*fitness*/) {
  }

  std::uint64_t num_needed() const final;
  void learn(double fitness) final;
  Proposal propose_next() final;

  bool is_last_level() const { return level_ == budgets_.highest_level(); }
  void begin_stage(std::size_t level);

  SearchSpace space_;
  Key key_;
  Budgets budgets_;
  std::vector<Bracket> brackets_;
  std::size_t level_ = 0;
  std::vector<Member> stage_;  ///< in point order
  std::size_t i_next_ = 0;     ///< of the stage
  std::uint64_t stage_begin_ = 0, num_configurations_ = 0;
  std::deque<Unlearned> unlearned_;  ///< from point num_learned() on
};

}  // namespace engram
