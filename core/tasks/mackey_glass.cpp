#include "core/tasks/mackey_glass.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace engram {

namespace {

/// The smooth random past of the delay equation, for times <= 0.
class History {
 public:
  History(Key key, double tau) : tau_(tau) {
    Random const random(key);
    phase_ = random.uniform(0);
    double_phase_ = random.uniform(1);
  }

  double operator()(double time) const {
    double const turns = time / tau_;
    return 1.0 + 0.25 * std::sin(2.0 * std::numbers::pi * (turns + phase_)) +
           0.25 * std::sin(2.0 * std::numbers::pi * (2.0 * turns + double_phase_));
  }

 private:
  double tau_, phase_, double_phase_;
};

double rate(MackeyGlass const& system, double x, double delayed) {
  double const squared = delayed * delayed;
  double const fourth = squared * squared;
  return system.beta * delayed / (1.0 + fourth * fourth * squared) - system.gamma * x;
}

std::size_t delay_steps(MackeyGlass const& system, double step) {
  double const exact = system.tau / step;
  double const rounded = std::round(exact);
  if (!(rounded >= 1.0) || std::abs(exact - rounded) > 1e-6 * rounded)
    throw std::invalid_argument("Mackey-Glass: tau must be a whole number of integration steps");
  return static_cast<std::size_t>(rounded);
}

std::size_t num_transient_samples(MackeyGlass const& system) {
  auto const delays =
      static_cast<std::size_t>(std::ceil(50.0 * system.tau / system.sample_interval));
  return system.num_transient_samples.value_or(std::max<std::size_t>(1000, delays));
}

}  // namespace

std::vector<double> mackey_glass(Key key, std::size_t num_samples, MackeyGlass const& system) {
  double const h = system.sample_interval / static_cast<double>(system.steps_per_sample);
  std::size_t const delay = delay_steps(system, h);
  std::size_t const num_transient = num_transient_samples(system);
  std::size_t const num_steps = (num_transient + num_samples) * system.steps_per_sample;
  History const history(key, system.tau);
  auto const past = [&](std::size_t step, double fraction) {
    return history((static_cast<double>(step) + fraction) * h - system.tau);
  };

  // Node i is at time i h; slopes are right-hand derivatives, as the solution has a kink at 0.
  std::vector<double> x(num_steps + 1), slope(num_steps + 1), samples;
  samples.reserve(num_samples);
  x[0] = history(0.0);
  slope[0] = rate(system, x[0], past(0, 0.0));
  for (std::size_t i = 0; i < num_steps; ++i) {
    double half, end;
    if (i < delay) {
      half = past(i, 0.5);
      end = past(i, 1.0);
    } else {
      std::size_t const j = i - delay;
      half = 0.5 * (x[j] + x[j + 1]) + 0.125 * h * (slope[j] - slope[j + 1]);
      end = x[j + 1];
    }
    double const k1 = slope[i];
    double const k2 = rate(system, x[i] + 0.5 * h * k1, half);
    double const k3 = rate(system, x[i] + 0.5 * h * k2, half);
    double const k4 = rate(system, x[i] + h * k3, end);
    x[i + 1] = x[i] + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
    slope[i + 1] = rate(system, x[i + 1], end);
    std::size_t const sample = (i + 1) / system.steps_per_sample;
    if ((i + 1) % system.steps_per_sample == 0 && sample > num_transient)
      samples.push_back(x[i + 1]);
  }
  return samples;
}

std::vector<double> mackey_glass_transformed(std::vector<double> series) {
  for (double& x : series) x = std::tanh(x - 1.0);
  return series;
}

}  // namespace engram
