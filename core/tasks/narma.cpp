#include "core/tasks/narma.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace engram {

namespace {

/// y(t+1) from y(1), …, y(t) and u(0), …, u(t).
double next_value(NarmaSystem const& system, std::span<double const> y,
                  std::span<double const> input) {
  std::size_t const n = system.order, t = y.size();
  // y[t - 1] is y(t): the span begins with y(1).
  double const present = t == 0 ? 0.0 : y[t - 1];
  double sum = 0.0;
  for (std::size_t i = 0; i < std::min(n, t); ++i) sum += y[t - 1 - i];
  double const past_input = t + 1 < n ? 0.0 : input[t + 1 - n];
  return system.a * present + system.b * present * sum + system.c * past_input * input[t] +
         system.d;
}

}  // namespace

std::vector<double> narma_response(NarmaSystem const& system, std::span<double const> input) {
  std::vector<double> y;
  y.reserve(input.size());
  while (y.size() < input.size()) y.push_back(next_value(system, y, input.first(y.size() + 1)));
  return y;
}

InputOutputSeries narma_series(Key key, NarmaSystem const& system, std::size_t num_steps) {
  constexpr int max_attempts = 1000;
  std::vector<double> input, y;
  input.reserve(num_steps);
  y.reserve(num_steps);
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    Random const random(key.index(static_cast<std::uint64_t>(attempt)));
    input.clear();
    y.clear();
    bool bounded = true;
    while (bounded && y.size() < num_steps) {
      input.push_back(random.uniform(y.size(), 0.0, 0.5));
      y.push_back(next_value(system, y, input));
      bounded = std::abs(y.back()) <= 1.5;
    }
    if (bounded) return {num_steps, 1, 1, std::move(input), std::move(y)};
  }
  throw std::runtime_error("NARMA diverged for every one of 1000 input series of " +
                           std::to_string(num_steps) + " steps; shorter ones diverge less often");
}

}  // namespace engram
