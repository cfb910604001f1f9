#include "core/regression/gaussian_process_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace engram {

namespace {

/// A normal distribution of a parameter's logarithm, and bounds within which covariances remain
/// positive definite in double precision.
struct LogPrior {
  double mean, deviation, least, most;
};

/// [length scales, signal, noise]
std::vector<LogPrior> log_priors(std::size_t num_coordinates) {
  // The mode of a log-normal density of sqrt(2) + log(D) / 2 and sqrt(3).
  double const scale = std::sqrt(2.0) - 3.0 + 0.5 * std::log(static_cast<double>(num_coordinates));
  std::vector<LogPrior> priors(num_coordinates,
                               {scale, std::sqrt(3.0), std::log(0.01), std::log(100.0)});
  priors.push_back({0.0, 1.0, std::log(0.05), std::log(20.0)});
  priors.push_back({std::log(0.02), 1.5, std::log(1e-4), std::log(2.0)});
  return priors;
}

std::vector<double> logarithms(GaussianProcessParameters const& parameters) {
  std::vector<double> result;
  for (double const scale : parameters.length_scales) result.push_back(std::log(scale));
  result.push_back(std::log(parameters.signal));
  result.push_back(std::log(parameters.noise));
  return result;
}

GaussianProcessParameters from_logarithms(std::span<double const> logs) {
  GaussianProcessParameters result;
  for (double const x : logs.first(logs.size() - 2)) result.length_scales.push_back(std::exp(x));
  result.signal = std::exp(logs[logs.size() - 2]);
  result.noise = std::exp(logs.back());
  return result;
}

struct Estimate {
  double density = -std::numeric_limits<double>::infinity();
  std::vector<double> logs = {};
};

/// Logarithm of the density of values and parameters, and its derivatives.
std::pair<double, std::vector<double>> log_posterior(std::span<double const> points,
                                                     std::span<double const> values,
                                                     std::span<double const> logs,
                                                     std::span<LogPrior const> priors) {
  GaussianProcess const process(from_logarithms(logs), points, values);
  auto slopes = process.log_likelihood_gradient();
  double density = process.log_likelihood();
  for (std::size_t j = 0; j < logs.size(); ++j) {
    double const z = (logs[j] - priors[j].mean) / priors[j].deviation;
    density -= 0.5 * z * z;
    slopes[j] -= z / priors[j].deviation;
  }
  return {density, std::move(slopes)};
}

/// Steps along each logarithm whose size follows from how often the slope's sign changes.
class Rprop {
 public:
  explicit Rprop(std::vector<LogPrior> priors)
      : priors_(std::move(priors)), sizes_(priors_.size(), 0.2), before_(priors_.size(), 0.0) {}

  std::vector<LogPrior> const& priors() const { return priors_; }

  void step(std::span<double const> slopes, std::span<double> logs) {
    for (std::size_t j = 0; j < logs.size(); ++j) {
      double const turn = slopes[j] * before_[j];
      if (turn > 0.0) sizes_[j] = std::min(1.2 * sizes_[j], 1.0);
      if (turn < 0.0) sizes_[j] *= 0.5;
      before_[j] = turn < 0.0 ? 0.0 : slopes[j];
      if (before_[j] == 0.0) continue;
      double const moved = logs[j] + std::copysign(sizes_[j], before_[j]);
      logs[j] = std::clamp(moved, priors_[j].least, priors_[j].most);
    }
  }

 private:
  std::vector<LogPrior> priors_;
  std::vector<double> sizes_, before_;  ///< slopes of the step before; 0 after a change of sign
};

}  // namespace

GaussianProcessParameters prior_parameters(std::size_t num_coordinates) {
  std::vector<double> logs;
  for (auto const& prior : log_priors(num_coordinates)) logs.push_back(prior.mean);
  return from_logarithms(logs);
}

GaussianProcessParameters fit_gaussian_process(std::span<double const> points,
                                               std::span<double const> values,
                                               std::span<GaussianProcessParameters const> starts,
                                               std::size_t num_steps) {
  Estimate best;
  for (auto const& start : starts) {
    auto logs = logarithms(start);
    Rprop rprop(log_priors(start.length_scales.size()));
    for (std::size_t k = 0; k < num_steps; ++k) {
      auto const [density, slopes] = log_posterior(points, values, logs, rprop.priors());
      if (density > best.density) best = {density, logs};
      rprop.step(slopes, logs);
    }
  }
  return from_logarithms(best.logs);
}

}  // namespace engram
