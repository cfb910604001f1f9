#include "core/zeroth_order/estimators.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/simd.hpp"

namespace engram {

namespace {

std::size_t num_directions(std::span<double const> theta, std::span<double const> directions,
                           std::span<double> gradient) {
  if (theta.empty() || gradient.size() != theta.size() || directions.empty() ||
      directions.size() % theta.size() != 0) {
    throw std::invalid_argument(
        "gradient estimate: expected a gradient and directions of the length of theta");
  }
  return directions.size() / theta.size();
}

void require_positive(double step) {
  if (!(step > 0.0)) throw std::invalid_argument("gradient estimate: expected a positive step");
}

/// out = theta + scale v.
void move(std::span<double const> theta, double scale, std::span<double const> v,
          std::span<double> out) {
  for (std::size_t j = 0; j < theta.size(); ++j) out[j] = fused(scale, v[j], theta[j]);
}

/// gradient = sum_i weights[i] v_i.
void add_directions(std::span<double const> directions, std::span<double const> weights,
                    std::span<double> gradient) {
  std::fill(gradient.begin(), gradient.end(), 0.0);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    move(gradient, weights[i], directions.subspan(i * gradient.size(), gradient.size()), gradient);
  }
}

/// f(theta + scale v) for each direction v.
std::vector<double> losses_along(Loss const& loss, std::span<double const> theta, double scale,
                                 std::span<double const> directions) {
  std::vector<double> losses(directions.size() / theta.size()), moved(theta.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    move(theta, scale, directions.subspan(i * theta.size(), theta.size()), moved);
    losses[i] = loss(moved);
  }
  return losses;
}

double mean(std::span<double const> values) {
  double sum = 0.0;
  for (double const value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// The estimate (1/q) sum_i (losses[i] - baseline) v_i / sigma.
void estimate_from(std::vector<double> losses, double baseline, double sigma,
                   std::span<double const> directions, std::span<double> gradient) {
  double const scale = 1.0 / (sigma * static_cast<double>(losses.size()));
  for (double& value : losses) value = (value - baseline) * scale;
  add_directions(directions, losses, gradient);
}

}  // namespace

double estimate_forward(Loss const& loss, std::span<double const> theta,
                        std::span<double const> directions, double mu, std::span<double> gradient) {
  num_directions(theta, directions, gradient);
  require_positive(mu);
  double const here = loss(theta);
  estimate_from(losses_along(loss, theta, mu, directions), here, mu, directions, gradient);
  return here;
}

double estimate_central(Loss const& loss, std::span<double const> theta,
                        std::span<double const> directions, double mu, std::span<double> gradient) {
  num_directions(theta, directions, gradient);
  require_positive(mu);
  auto differences = losses_along(loss, theta, mu, directions);
  auto const minus = losses_along(loss, theta, -mu, directions);
  double const middle = 0.5 * (mean(differences) + mean(minus));
  for (std::size_t i = 0; i < minus.size(); ++i) differences[i] -= minus[i];
  estimate_from(std::move(differences), 0.0, 2.0 * mu, directions, gradient);
  return middle;
}

double estimate_one_point(Loss const& loss, std::span<double const> theta,
                          std::span<double const> directions, double sigma, double baseline,
                          std::span<double> gradient) {
  num_directions(theta, directions, gradient);
  require_positive(sigma);
  auto losses = losses_along(loss, theta, sigma, directions);
  double const average = mean(losses);
  estimate_from(std::move(losses), baseline, sigma, directions, gradient);
  return average;
}

double estimate_leave_one_out(Loss const& loss, std::span<double const> theta,
                              std::span<double const> directions, double sigma,
                              std::span<double> gradient) {
  std::size_t const q = num_directions(theta, directions, gradient);
  require_positive(sigma);
  if (q < 2) throw std::invalid_argument("estimate_leave_one_out: expected two directions or more");
  auto losses = losses_along(loss, theta, sigma, directions);
  double const average = mean(losses);
  // The loss less the mean of the others is q / (q - 1) times the loss less the mean of all.
  double const others = static_cast<double>(q - 1) / static_cast<double>(q);
  estimate_from(std::move(losses), average, sigma * others, directions, gradient);
  return average;
}

void estimate_forward_mode(DirectionalDerivative const& derivative, std::span<double const> theta,
                           std::span<double const> directions, std::span<double> gradient) {
  std::vector<double> slopes(num_directions(theta, directions, gradient));
  for (std::size_t i = 0; i < slopes.size(); ++i) {
    slopes[i] = derivative(theta, directions.subspan(i * theta.size(), theta.size()));
  }
  estimate_from(std::move(slopes), 0.0, 1.0, directions, gradient);
}

double estimate_coordinates_forward(Loss const& loss, std::span<double const> theta, double mu,
                                    std::span<double> gradient) {
  num_directions(theta, theta, gradient);
  require_positive(mu);
  double const here = loss(theta);
  std::vector<double> moved(theta.begin(), theta.end());
  for (std::size_t j = 0; j < theta.size(); ++j) {
    moved[j] = theta[j] + mu;
    gradient[j] = (loss(moved) - here) / mu;
    moved[j] = theta[j];
  }
  return here;
}

void estimate_coordinates_central(Loss const& loss, std::span<double const> theta, double mu,
                                  std::span<double> gradient) {
  num_directions(theta, theta, gradient);
  require_positive(mu);
  std::vector<double> moved(theta.begin(), theta.end());
  for (std::size_t j = 0; j < theta.size(); ++j) {
    moved[j] = theta[j] + mu;
    double const plus = loss(moved);
    moved[j] = theta[j] - mu;
    gradient[j] = (plus - loss(moved)) / (2.0 * mu);
    moved[j] = theta[j];
  }
}

void estimate_node_perturbation(double change, double sigma, std::span<double const> xi,
                                std::span<double const> x, std::span<double> gradient) {
  require_positive(sigma);
  if (gradient.size() != xi.size() * x.size()) {
    throw std::invalid_argument(
        "estimate_node_perturbation: expected a gradient of outputs x inputs");
  }
  double const scale = change / (sigma * sigma);
  for (std::size_t i = 0; i < xi.size(); ++i) {
    for (std::size_t j = 0; j < x.size(); ++j) gradient[i * x.size() + j] = scale * xi[i] * x[j];
  }
}

double SpsaGains::step(double k) const {
  return a / std::pow(stability + k + 1.0, alpha);
}

double SpsaGains::width(double k) const {
  return c / std::pow(k + 1.0, gamma);
}

}  // namespace engram
