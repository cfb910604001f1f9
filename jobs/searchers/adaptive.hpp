#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "jobs/searcher.hpp"

namespace engram {

/// For searchers that propose each point from the results of all but the last of those before.
inline ParameterSpec parallel_option(double most) {
  return integer("parallel", 16)
      .range(1, most)
      .means(
          "points that are evaluated at a time: each is proposed without the results of the last "
          "of them")
      .from("here");
}

/// A searcher that learns. Each point is proposed from the results of a fixed number of points
/// before it, neither more nor fewer, so that points depend neither on how many ranks there are nor
/// on how long their trials take. A point that the study's constraints don't admit counts as one
/// that was proposed and came to nothing (NaN); it is not evaluated, and another is proposed. So
/// `num_asked` and the study's numbers of points differ then: searchers whose proposals name other
/// points do not say that they heed constraints.
class Adaptive : public Searcher {
 public:
  std::vector<Proposal> ask(std::size_t max_points) final {
    std::vector<Proposal> points;
    while (points.size() < max_points && !finished() && learn_up_to(num_needed()))
      if (auto proposal = next_admitted()) points.push_back(std::move(*proposal));
    return points;
  }

  void tell(PointResult const& result) final { told_.push_back(result); }

  void tell_of(Point const& point, PointResult const& result) final {
    learn_of(point, fitness_of(result.objective));
  }

  bool finished() const final { return num_asked_ - num_refused_ == num_points_; }
  std::uint64_t num_points() const final { return num_points_; }

 protected:
  /// @param own_num_points  if the study leaves the number to the searcher; 0: it can't
  explicit Adaptive(SearcherSettings const& settings, std::uint64_t own_num_points = 0)
      : direction_(settings.direction),
        admits_(settings.admits),
        num_metrics_(settings.metrics.size()),
        num_points_(settings.num_points > 0 ? settings.num_points : own_num_points) {
    if (num_points_ == 0)
      throw UserError(
          "expected the number of trials (study.trials), which this searcher can't tell by itself");
  }

  /// Points proposed, those that the constraints don't admit included.
  std::uint64_t num_asked() const { return num_asked_; }
  std::uint64_t num_learned() const { return num_learned_; }

 private:
  /// Results that the next point is proposed from, those of the first points: at most num_asked().
  virtual std::uint64_t num_needed() const = 0;

  /// The result of the next point in order; one that looks at several metrics overrides this.
  virtual void learn_result(PointResult const& result) { learn(fitness_of(result.objective)); }

  /// The same for those that look at the objective only.
  /// @param fitness  larger is better; NaN if no replicate completed
  virtual void learn(double /*fitness*/) {}

  /// Point num_asked(): its values, for the full budget, or by `propose_next` all of it.
  virtual Point propose() { return {}; }
  virtual Proposal propose_next() { return {propose()}; }

  /// A point that was not proposed here, before the first that is. Searchers that heed it override
  /// `learns_from_others`, too.
  virtual void learn_of(Point const&, double /*fitness*/) {}

  double fitness_of(double objective) const {
    return direction_ == Direction::minimise ? -objective : objective;
  }

  /// False if that many are not told yet.
  bool learn_up_to(std::uint64_t num) {
    for (; num_learned_ < num; ++num_learned_) {
      if (is_refused_.front()) {
        double const nan = std::numeric_limits<double>::quiet_NaN();
        learn_result({num_learned_, nan, std::vector<double>(num_metrics_, nan)});
      } else {
        if (told_.empty()) return false;
        learn_result(told_.front());
        told_.pop_front();
      }
      is_refused_.pop_front();
    }
    return true;
  }

  /// Nothing if the constraints don't admit it.
  std::optional<Proposal> next_admitted() {
    auto proposal = propose_next();
    ++num_asked_;
    bool const is_refused = admits_ && !admits_(proposal.values);
    is_refused_.push_back(is_refused);
    if (!is_refused) {
      num_in_a_row_ = 0;
      return proposal;
    }
    ++num_refused_;
    if (++num_in_a_row_ == most_tries) throw no_admitted_point();
    return std::nullopt;
  }

  Direction direction_;
  std::function<bool(Point const&)> admits_;
  std::size_t num_metrics_;
  std::uint64_t num_points_, num_asked_ = 0, num_learned_ = 0;
  std::uint64_t num_refused_ = 0, num_in_a_row_ = 0;  ///< by the constraints
  std::deque<bool> is_refused_;                       ///< of points from num_learned_ on
  std::deque<PointResult> told_;  ///< results of those from there on that were not refused
};

}  // namespace engram
