#include "core/tasks/narma.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace engram {

std::vector<double> narma_response(NarmaSystem const& system, std::span<double const> input) {
  std::size_t const n = system.order;
  std::vector<double> y(input.size());
  for (std::size_t t = 0; t < input.size(); ++t) {
    // y[t - 1] is y(t): the vector begins with y(1).
    double const present = t == 0 ? 0.0 : y[t - 1];
    double sum = 0.0;
    for (std::size_t i = 0; i < std::min(n, t); ++i) sum += y[t - 1 - i];
    double const past_input = t + 1 < n ? 0.0 : input[t + 1 - n];
    y[t] =
        system.a * present + system.b * present * sum + system.c * past_input * input[t] + system.d;
  }
  return y;
}

InputOutputSeries narma_series(Key key, NarmaSystem const& system, std::size_t num_steps) {
  constexpr int max_attempts = 1000;
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    Random const random(key.index(static_cast<std::uint64_t>(attempt)));
    std::vector<double> input(num_steps);
    for (std::size_t t = 0; t < num_steps; ++t) input[t] = random.uniform(t, 0.0, 0.5);
    auto output = narma_response(system, input);
    bool const bounded =
        std::all_of(output.begin(), output.end(), [](double y) { return std::abs(y) <= 1.5; });
    if (bounded) return {num_steps, 1, 1, std::move(input), std::move(output)};
  }
  throw std::runtime_error("NARMA diverged for every one of 1000 input series");
}

}  // namespace engram
