#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/parameter.hpp"
#include "jobs/searcher.hpp"

namespace engram {

/// What has to be true of a point, "units * batch <= 4096 and not (rule == oja and leak > 0.5)":
/// numbers, names of parameters, + - * / ^ (of which ^ binds tightest and to the right), < <= > >=
/// == !=, and, or, not, parentheses, min, max (of two and more), log (natural), exp, sqrt and abs.
/// Parameters that are text are compared with == and != to a word or a "text in quotes". What has
/// no number, such as log(-1), makes a comparison false, != too.
class Constraint {
 public:
  /// Throws UserError: where in the text, what was expected.
  /// @param specs  of the experiment
  /// @param fixed  values of parameters that are not searched
  static Constraint parse(std::string_view text, SearchSpace const& space,
                          std::vector<ParameterSpec> const& specs, Parameters const& fixed);

  /// @param point  [dimensions], parameters that their conditions switch off with fixed values
  bool holds(Point const& point) const { return holds_(point); }

 private:
  explicit Constraint(std::function<bool(Point const&)> holds) : holds_(std::move(holds)) {}

  std::function<bool(Point const&)> holds_;
};

}  // namespace engram
