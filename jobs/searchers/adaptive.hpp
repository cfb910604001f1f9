#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "jobs/searcher.hpp"

namespace engram {

/// A searcher that learns. Each point is proposed from the results of a fixed number of points
/// before it, neither more nor fewer, so that points depend neither on how many ranks there are nor
/// on how long their trials take.
class Adaptive : public Searcher {
 public:
  std::vector<Proposal> ask(std::size_t max_points) final {
    std::vector<Proposal> points;
    while (points.size() < max_points && !finished() && learn_up_to(num_needed())) {
      points.push_back(propose_next());
      ++num_asked_;
    }
    return points;
  }

  void tell(PointResult const& result) final { told_.push_back(result); }

  bool finished() const final { return num_asked_ == num_points_; }
  std::uint64_t num_points() const final { return num_points_; }

 protected:
  /// @param own_num_points  if the study leaves the number to the searcher; 0: it can't
  explicit Adaptive(SearcherSettings const& settings, std::uint64_t own_num_points = 0)
      : direction_(settings.direction),
        num_points_(settings.num_points > 0 ? settings.num_points : own_num_points) {
    if (num_points_ == 0)
      throw UserError(
          "expected the number of trials (study.trials), which this searcher can't tell by itself");
  }

  std::uint64_t num_asked() const { return num_asked_; }
  std::uint64_t num_learned() const { return num_learned_; }

 private:
  /// Results that the next point is proposed from, those of the first points: at most num_asked().
  virtual std::uint64_t num_needed() const = 0;

  /// The result of the next point in order; one that looks at several metrics overrides this.
  virtual void learn_result(PointResult const& result) {
    learn(direction_ == Direction::minimise ? -result.objective : result.objective);
  }

  /// The same for those that look at the objective only.
  /// @param fitness  larger is better; NaN if no replicate completed
  virtual void learn(double /*fitness*/) {}

  /// Point num_asked(): its values, for the full budget, or by `propose_next` all of it.
  virtual Point propose() { return {}; }
  virtual Proposal propose_next() { return {propose()}; }

  /// False if that many are not told yet.
  bool learn_up_to(std::uint64_t num) {
    if (num > num_learned_ + told_.size()) return false;
    for (; num_learned_ < num; ++num_learned_) {
      learn_result(told_.front());
      told_.pop_front();
    }
    return true;
  }

  Direction direction_;
  std::uint64_t num_points_, num_asked_ = 0, num_learned_ = 0;
  std::deque<PointResult> told_;  ///< from the result of point num_learned_ on
};

}  // namespace engram
