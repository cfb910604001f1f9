#include "core/tasks/lorenz.hpp"

#include <cmath>

namespace engram {

namespace {

LorenzState rate(Lorenz const& system, LorenzState const& s) {
  return {system.sigma * (s[1] - s[0]), s[0] * (system.rho - s[2]) - s[1],
          s[0] * s[1] - system.beta * s[2]};
}

LorenzState moved(LorenzState const& s, double step, LorenzState const& slope) {
  return {s[0] + step * slope[0], s[1] + step * slope[1], s[2] + step * slope[2]};
}

LorenzState advance(Lorenz const& system, LorenzState state) {
  double const h = system.sample_interval / static_cast<double>(system.steps_per_sample);
  for (std::size_t step = 0; step < system.steps_per_sample; ++step) {
    auto const k1 = rate(system, state);
    auto const k2 = rate(system, moved(state, 0.5 * h, k1));
    auto const k3 = rate(system, moved(state, 0.5 * h, k2));
    auto const k4 = rate(system, moved(state, h, k3));
    for (std::size_t i = 0; i < 3; ++i)
      state[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
  }
  return state;
}

}  // namespace

std::vector<double> lorenz_trajectory(LorenzState initial, std::size_t num_samples,
                                      Lorenz const& system) {
  std::vector<double> series;
  series.reserve(3 * num_samples);
  for (std::size_t t = 0; t < num_samples; ++t) {
    if (t > 0) initial = advance(system, initial);
    series.insert(series.end(), initial.begin(), initial.end());
  }
  return series;
}

std::vector<double> lorenz(Key key, std::size_t num_samples, Lorenz const& system) {
  Random const random(key);
  LorenzState state{random.uniform(0, -10.0, 10.0), random.uniform(1, -10.0, 10.0),
                    random.uniform(2, 15.0, 35.0)};
  auto const num_transient =
      static_cast<std::size_t>(std::ceil(system.transient_time / system.sample_interval));
  for (std::size_t t = 0; t < num_transient; ++t) state = advance(system, state);
  return lorenz_trajectory(state, num_samples, system);
}

}  // namespace engram
