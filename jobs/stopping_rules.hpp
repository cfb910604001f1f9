#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "jobs/searcher.hpp"

namespace engram {

/// Says that a study has seen enough. It is told of points in their order, so that where it stops
/// does not depend on which of them are evaluated first.
class StoppingRules {
 public:
  /// @param target      an objective as good as this is enough
  /// @param stagnation  so many points in a row without a better one are enough; 0: never
  StoppingRules(Direction direction, std::optional<double> target, std::uint64_t stagnation)
      : direction_(direction), target_(target), stagnation_(stagnation) {}

  bool any() const { return target_ || stagnation_ > 0; }

  /// The rule that stops the study after this point; empty: none. Points without a result (NaN) are
  /// no better than any.
  std::string tell(PointResult const& result) {
    double const x = direction_ == Direction::maximise ? -result.objective : result.objective;
    bool const is_better = x < best_ || (std::isnan(best_) && !std::isnan(x));
    if (is_better) best_ = x;
    num_without_ = is_better ? 0 : num_without_ + 1;
    double const goal =
        direction_ == Direction::maximise ? -target_.value_or(0) : target_.value_or(0);
    if (target_ && best_ <= goal) return "target";
    return stagnation_ > 0 && num_without_ >= stagnation_ ? "stagnation" : "";
  }

 private:
  Direction direction_;
  std::optional<double> target_;
  std::uint64_t stagnation_;
  double best_ = std::numeric_limits<double>::quiet_NaN();  ///< smaller is better
  std::uint64_t num_without_ = 0;
};

}  // namespace engram
