#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/evolution/strategy.hpp"

namespace engram {

/// Runs of another strategy, one after the other, each from a start, with a population
/// and a step of its own. A run ends when its
/// strategy has a reason to stop.
class Restarts : public EvolutionStrategy {
 public:
  std::size_t population_size() const final { return run_->population_size(); }
  std::span<double const> mean() const final { return run_->mean(); }
  std::string_view stop_reason() const final { return is_over_ ? "restarts" : ""; }

 protected:
  struct Run {
    std::size_t population_size;
    double step;
  };

  /// @param strategy  name of the strategy that runs
  Restarts(std::string_view strategy, StrategySettings const& settings);

  Key run_key(std::uint64_t i_run) const { return key_.index(i_run); }  ///< of its random numbers
  StrategySettings const& settings() const { return settings_; }        ///< with a population size

 private:
  /// Accounts for a run that has ended, and plans the next.
  /// @param i_run        index of the next, from 1
  /// @param evaluations  of the run that has ended
  /// @param next         holds the plan of the run that has ended, receives the next one's
  /// @returns false if there are to be no more
  virtual bool plan_next(std::uint64_t i_run, std::uint64_t evaluations, Run& next) = 0;
  /// Whether the present run has had its share of evaluations.
  virtual bool is_spent(std::uint64_t) const { return false; }
  /// What the deriving class changes.
  virtual void exchange_plan(StateArchive& archive) = 0;

  void make_genome(std::size_t i_member, std::span<double> out) const final {
    run_->genome(i_member, out);
  }
  void take_genome(std::size_t i_member, std::span<double const> genome) final {
    run_->inject(i_member, genome);
  }
  void update(Ranking const& ranking) final;
  void exchange(StateArchive& archive) final;
  void begin_run();

  StrategySettings settings_;
  StrategyFactory const& factory_;
  Key key_;
  std::uint64_t i_run_ = 0;
  Run plan_;  // of the present run
  bool is_over_ = false;
  std::unique_ptr<EvolutionStrategy> run_;
};

}  // namespace engram
