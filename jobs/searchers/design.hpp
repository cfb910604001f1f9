#pragma once

#include <algorithm>
#include <cstdint>
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
    auto const end = next_ + std::min<std::uint64_t>(max_points, num_points_ - next_);
    std::vector<Proposal> points;
    points.reserve(end - next_);
    for (; next_ < end; ++next_) points.push_back({point(next_)});
    return points;
  }

  bool finished() const final { return next_ == num_points_; }
  std::uint64_t num_points() const final { return num_points_; }

 protected:
  Design(SearchSpace space, std::uint64_t num_points)
      : space_(std::move(space)), num_points_(num_points) {
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

  SearchSpace space_;
  std::uint64_t num_points_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace engram
