#include "core/regression/gaussian_process.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <utility>

#include "core/exponential.hpp"

namespace engram {

namespace {

double const root_5 = std::sqrt(5.0);

/// Squared distances of each column of `points` to one of `others`.
/// @param squares  [num]
void squared_distances(PackedRows const& points, PackedRows const& others, std::size_t other,
                       std::size_t num, double* squares) {
  std::fill_n(squares, num, 0.0);
  for (std::size_t j = 0; j < points.num_rows(); ++j) {
    double const* const x = points.row(j);
    double const y = others.row(j)[other];
    for (std::size_t i = 0; i < num; ++i) squares[i] = fused(x[i] - y, x[i] - y, squares[i]);
  }
}

/// variance k(r) in place of r^2.
void matern(double variance, std::size_t num, double* squares) {
  for (std::size_t i = 0; i < num; ++i) {
    double const r = root_5 * std::sqrt(squares[i]);
    squares[i] = variance * (1.0 + r + (5.0 / 3.0) * squares[i]) * exp_fast(-r);
  }
}

/// Factors of (difference in a coordinate)^2 in the derivative by its length scale's logarithm.
void matern_slopes(double variance, std::size_t num, double const* squares, double* slopes) {
  for (std::size_t i = 0; i < num; ++i) {
    double const r = root_5 * std::sqrt(squares[i]);
    slopes[i] = variance * (5.0 / 3.0) * (1.0 + r) * exp_fast(-r);
  }
}

double sum(PackedRows const& partial_sums, std::size_t i) {
  return sum_tree(partial_sums.packs(i)[0]);
}

}  // namespace

GaussianProcess::GaussianProcess(GaussianProcessParameters parameters,
                                 std::span<double const> points, std::span<double const> values)
    : parameters_(std::move(parameters)),
      num_coordinates_(parameters_.length_scales.size()),
      num_points_(num_coordinates_ > 0 ? points.size() / num_coordinates_ : 0),
      values_(values.begin(), values.end()),
      weights_(values.size()) {
  if (values.empty() || num_points_ < values.size() ||
      num_points_ * num_coordinates_ != points.size())
    throw std::invalid_argument("GaussianProcess: points and values are not of fitting shapes");
  points_ = scaled(points, num_points_);
  factor_ = PackedRows(num_points_, num_points_);
  double const variance = parameters_.signal * parameters_.signal;
  for (std::size_t i = 0; i < num_points_; ++i) {
    double* const row = factor_.row(i);
    squared_distances(points_, points_, i, i, row);
    matern(variance, i, row);
    row[i] = variance + parameters_.noise * parameters_.noise;
  }
  if (!factorise(factor_))
    throw std::runtime_error("GaussianProcess: the covariances are not positive definite");
  solve_for_values();
}

/// [coordinates, lanes], of which those after the points are zeros.
PackedRows GaussianProcess::scaled(std::span<double const> points, std::size_t num_lanes) const {
  PackedRows rows(num_coordinates_, num_lanes);
  for (std::size_t j = 0; j < num_coordinates_; ++j)
    for (std::size_t i = 0; i * num_coordinates_ < points.size(); ++i)
      rows.row(j)[i] = points[i * num_coordinates_ + j] / parameters_.length_scales[j];
  return rows;
}

void GaussianProcess::solve_for_values() {
  PackedRows columns(values_.size(), num_solved_columns);
  for (std::size_t i = 0; i < values_.size(); ++i) {
    columns.row(i)[0] = 1.0;
    columns.row(i)[1] = values_[i];
  }
  solve_lower(factor_, columns);
  double ones = 0.0, both = 0.0;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    double const* const row = columns.row(i);
    ones = fused(row[0], row[0], ones);
    both = fused(row[0], row[1], both);
  }
  constant_mean_ = both / ones;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    weights_[i] = fused(-constant_mean_, columns.row(i)[0], columns.row(i)[1]);
    misfit_ = fused(weights_[i], weights_[i], misfit_);
  }
  solve_lower_transposed(factor_, weights_);
}

void GaussianProcess::predict(std::span<double const> points, std::span<double> means,
                              std::span<double> deviations) const {
  if (points.size() != means.size() * num_coordinates_ || means.size() != deviations.size())
    throw std::invalid_argument("GaussianProcess: predictions are not of fitting shapes");
  constexpr std::size_t num_lanes = num_solved_columns;
  double const variance = parameters_.signal * parameters_.signal;
  PackedRows covariances(num_points_, num_lanes);
  for (std::size_t first = 0; first < means.size(); first += num_lanes) {
    auto const num = std::min(num_lanes, means.size() - first);
    auto const lanes =
        scaled(points.subspan(first * num_coordinates_, num * num_coordinates_), num_lanes);
    double mean[num_lanes], explained[num_lanes] = {};
    std::fill_n(mean, num_lanes, constant_mean_);
    for (std::size_t i = 0; i < num_points_; ++i) {
      double* const row = covariances.row(i);
      squared_distances(lanes, points_, i, num_lanes, row);
      matern(variance, num_lanes, row);
      if (i >= weights_.size()) continue;
      for (std::size_t c = 0; c < num_lanes; ++c) mean[c] = fused(weights_[i], row[c], mean[c]);
    }
    solve_lower(factor_, covariances);
    for (std::size_t i = 0; i < num_points_; ++i) {
      double const* const row = covariances.row(i);
      for (std::size_t c = 0; c < num_lanes; ++c)
        explained[c] = fused(row[c], row[c], explained[c]);
    }
    for (std::size_t c = 0; c < num; ++c) {
      means[first + c] = mean[c];
      deviations[first + c] = std::sqrt(std::max(variance - explained[c], 0.0));
    }
  }
}

double GaussianProcess::mean_at(std::size_t i) const {
  return values_.at(i) - parameters_.noise * parameters_.noise * weights_[i];
}

double GaussianProcess::log_likelihood() const {
  auto const n = static_cast<double>(values_.size());
  double log_determinant = 0.0;
  for (std::size_t i = 0; i < values_.size(); ++i)
    log_determinant += 2.0 * std::log(factor_.row(i)[i]);
  return -0.5 * (misfit_ + log_determinant + n * std::log(2.0 * std::numbers::pi));
}

std::vector<double> GaussianProcess::log_likelihood_gradient() const {
  constexpr std::size_t width = Pack::width;
  auto const n = values_.size();
  double const variance = parameters_.signal * parameters_.signal;
  auto const inverse = inverse_of_product(factor_, n);
  PackedRows sums(num_coordinates_ + 1, width), rows(3, n);
  double *const squares = rows.row(0), *const slopes = rows.row(1), *const weights = rows.row(2);
  double trace = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    // The constant is where the derivative by it is 0, so that what it changes does not count.
    for (std::size_t k = 0; k < i; ++k)
      weights[k] = fused(weights_[i], weights_[k], -inverse.row(i)[k]);
    trace += fused(weights_[i], weights_[i], -inverse.row(i)[i]);
    squared_distances(points_, points_, i, i, squares);
    matern_slopes(variance, i, squares, slopes);
    matern(variance, i, squares);
    for (std::size_t p = 0; p * width < i; ++p) {
      Pack const covariance = rows.packs(0)[p], weight = rows.packs(2)[p];
      Pack const slope = rows.packs(1)[p] * weight;
      sums.packs(num_coordinates_)[0] = fused(covariance, weight, sums.packs(num_coordinates_)[0]);
      for (std::size_t j = 0; j < num_coordinates_; ++j) {
        Pack const difference = points_.packs(j)[p] - splat(points_.row(j)[i]);
        sums.packs(j)[0] = fused(slope, difference * difference, sums.packs(j)[0]);
      }
    }
  }
  std::vector<double> gradient(num_coordinates_ + 2);
  for (std::size_t j = 0; j < num_coordinates_; ++j) gradient[j] = sum(sums, j);
  gradient[num_coordinates_] = 2.0 * sum(sums, num_coordinates_) + variance * trace;
  gradient[num_coordinates_ + 1] = parameters_.noise * parameters_.noise * trace;
  return gradient;
}

}  // namespace engram
