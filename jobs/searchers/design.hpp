#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "jobs/searcher.hpp"

namespace engram {

/// A searcher whose points are known beforehand: point i is a function of i, so that it doesn't
/// matter in what portions they are asked for.
class Design : public Searcher {
 public:
  std::vector<Proposal> ask(std::size_t max_points) final {
    auto const end = num_asked_ + std::min<std::uint64_t>(max_points, num_points_ - num_asked_);
    std::vector<Proposal> points;
    points.reserve(end - num_asked_);
    for (; num_asked_ < end; ++num_asked_) points.push_back({next_point()});
    return points;
  }

  bool finished() const final { return num_asked_ == num_points_; }
  std::uint64_t num_points() const final { return num_points_; }
  bool learns() const final { return false; }
  bool heeds_constraints() const final { return true; }

 protected:
  /// What stands in for a point that the study's constraints don't admit: the next one, of a
  /// sequence that goes on and on; or an independent one.
  enum class Substitute { next, random };

  Design(SearcherSettings const& settings, std::uint64_t num_points,
         Substitute substitute = Substitute::next)
      : space_(settings.space),
        admits_(settings.admits),
        substitute_(substitute),
        substitute_key_(settings.key.stream("substitute")),
        num_points_(num_points) {
    if (num_points == 0)
      throw UserError(
          "expected the number of trials (study.trials), which this searcher can't tell by itself");
  }

  SearchSpace const& space() const { return space_; }

  /// The point at quantile(i_dimension) in every dimension.
  template <class Quantile>
  Point point_at(Quantile const& quantile) const {
    Point result;
    result.reserve(space_.size());
    for (std::size_t j = 0; j < space_.size(); ++j)
      result.push_back(space_[j].at_quantile(quantile(j)));
    return result;
  }

 private:
  virtual Point point(std::uint64_t i) const = 0;

  Point next_point() {
    for (std::uint64_t t = 0; t < most_tries; ++t) {
      auto result = t == 0 || substitute_ == Substitute::next ? point(next_) : random_point(t);
      if (t == 0 || substitute_ == Substitute::next) ++next_;
      if (!admits_ || admits_(result)) return result;
    }
    throw no_admitted_point();
  }

  Point random_point(std::uint64_t attempt) const {
    Random const random(substitute_key_.index(num_asked_).index(attempt));
    return point_at([&](std::size_t j) { return random.uniform(j); });
  }

  SearchSpace space_;
  std::function<bool(Point const&)> admits_;
  Substitute substitute_;
  Key substitute_key_;
  std::uint64_t num_points_ = 0;
  std::uint64_t num_asked_ = 0, next_ = 0;  ///< those that were passed over count in `next_` only
};

}  // namespace engram
