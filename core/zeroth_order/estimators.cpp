#include "core/zeroth_order/estimators.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <stdexcept>
#include <utility>
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

/// f(theta + scales[k / q] v_i) with i = k modulo q for the k-th value, of q directions.
std::vector<double> losses_along(BatchLoss const& loss, std::span<double const> theta,
                                 std::span<double const> directions,
                                 std::initializer_list<double> scales) {
  std::size_t const n = theta.size(), q = directions.size() / n;
  std::vector<double> losses(q * scales.size());
  auto const make = [&](std::size_t k, std::span<double> point) {
    move(theta, scales.begin()[k / q], directions.subspan(k % q * n, n), point);
  };
  loss({n, make}, losses);
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

BatchLoss one_by_one(std::function<double(std::span<double const> theta)> loss) {
  return [loss = std::move(loss)](Points const& points, std::span<double> losses) {
    std::vector<double> point(points.dimension);
    for (std::size_t i = 0; i < losses.size(); ++i) {
      points.make(i, point);
      losses[i] = loss(point);
    }
  };
}

double estimate_forward(BatchLoss const& loss, std::span<double const> theta,
                        std::span<double const> directions, double mu, std::span<double> gradient) {
  std::size_t const n = theta.size(), q = num_directions(theta, directions, gradient);
  require_positive(mu);
  std::vector<double> losses(q + 1);
  auto const make = [&](std::size_t k, std::span<double> point) {
    if (k == q) {
      std::copy(theta.begin(), theta.end(), point.begin());
    } else {
      move(theta, mu, directions.subspan(k * n, n), point);
    }
  };
  loss({n, make}, losses);
  double const here = losses.back();
  losses.pop_back();
  estimate_from(std::move(losses), here, mu, directions, gradient);
  return here;
}

double estimate_central(BatchLoss const& loss, std::span<double const> theta,
                        std::span<double const> directions, double mu, std::span<double> gradient) {
  std::size_t const q = num_directions(theta, directions, gradient);
  require_positive(mu);
  auto losses = losses_along(loss, theta, directions, {mu, -mu});
  double const middle = mean(losses);
  for (std::size_t i = 0; i < q; ++i) losses[i] -= losses[q + i];
  losses.resize(q);
  estimate_from(std::move(losses), 0.0, 2.0 * mu, directions, gradient);
  return middle;
}

double estimate_one_point(BatchLoss const& loss, std::span<double const> theta,
                          std::span<double const> directions, double sigma, double baseline,
                          std::span<double> gradient) {
  num_directions(theta, directions, gradient);
  require_positive(sigma);
  auto losses = losses_along(loss, theta, directions, {sigma});
  double const average = mean(losses);
  estimate_from(std::move(losses), baseline, sigma, directions, gradient);
  return average;
}

double estimate_leave_one_out(BatchLoss const& loss, std::span<double const> theta,
                              std::span<double const> directions, double sigma,
                              std::span<double> gradient) {
  std::size_t const q = num_directions(theta, directions, gradient);
  require_positive(sigma);
  if (q < 2) throw std::invalid_argument("estimate_leave_one_out: expected two directions or more");
  auto losses = losses_along(loss, theta, directions, {sigma});
  double const average = mean(losses);
  // The loss less the mean of the others is q / (q - 1) times the loss less the mean of all.
  double const others = static_cast<double>(q - 1) / static_cast<double>(q);
  estimate_from(std::move(losses), average, sigma * others, directions, gradient);
  return average;
}

void estimate_forward_mode(BatchSlopes const& derivatives, std::span<double const> directions,
                           std::span<double> gradient) {
  std::vector<double> slopes(num_directions(gradient, directions, gradient));
  derivatives(directions, slopes);
  estimate_from(std::move(slopes), 0.0, 1.0, directions, gradient);
}

double estimate_coordinates_forward(BatchLoss const& loss, std::span<double const> theta, double mu,
                                    std::span<double> gradient) {
  std::vector<std::uint32_t> all(theta.size());
  std::iota(all.begin(), all.end(), 0u);
  return estimate_some_coordinates(loss, theta, all, mu, gradient);
}

double estimate_some_coordinates(BatchLoss const& loss, std::span<double const> theta,
                                 std::span<std::uint32_t const> coordinates, double mu,
                                 std::span<double> gradient) {
  num_directions(theta, theta, gradient);
  require_positive(mu);
  if (coordinates.empty() || std::ranges::max(coordinates) >= theta.size()) {
    throw std::invalid_argument("gradient estimate: expected coordinates of theta");
  }
  std::vector<double> losses(coordinates.size() + 1);
  auto const make = [&](std::size_t k, std::span<double> point) {
    std::copy(theta.begin(), theta.end(), point.begin());
    if (k < coordinates.size()) point[coordinates[k]] += mu;
  };
  loss({theta.size(), make}, losses);
  double const here = losses.back();
  double const share = static_cast<double>(coordinates.size()) / static_cast<double>(theta.size());
  std::fill(gradient.begin(), gradient.end(), 0.0);
  for (std::size_t k = 0; k < coordinates.size(); ++k) {
    gradient[coordinates[k]] = (losses[k] - here) / (mu * share);
  }
  return here;
}

void estimate_coordinates_central(BatchLoss const& loss, std::span<double const> theta, double mu,
                                  std::span<double> gradient) {
  num_directions(theta, theta, gradient);
  require_positive(mu);
  std::size_t const d = theta.size();
  std::vector<double> losses(2 * d);
  auto const make = [&](std::size_t k, std::span<double> point) {
    std::copy(theta.begin(), theta.end(), point.begin());
    point[k % d] += k < d ? mu : -mu;
  };
  loss({d, make}, losses);
  for (std::size_t j = 0; j < d; ++j) gradient[j] = (losses[j] - losses[d + j]) / (2.0 * mu);
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
