#include "jobs/searchers/time_varying_process.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace engram {

namespace {

double dot(std::vector<double> const& a, std::vector<double> const& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

TimeVaryingProcess::TimeVaryingProcess(Settings const& settings)
    : square_factor_(-0.5 / (settings.length * settings.length)),
      time_factor_(0.5 * std::log1p(-settings.forgetting)),
      noise_(settings.noise) {}

/// L^-1 times the covariances with the values; column by column, which compilers vectorise.
std::vector<double> TimeVaryingProcess::solve(double time, std::span<double const> x) const {
  std::vector<double> v(size());
  for (std::size_t i = 0; i < v.size(); ++i) {
    double square = 0.0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      double const difference = x[j] - x_[i * x.size() + j];
      square += difference * difference;
    }
    v[i] = std::exp(square_factor_ * square + time_factor_ * std::abs(time - times_[i]));
  }
  for (std::size_t i = 0; i < v.size(); ++i) {
    auto const& column = columns_[i];
    double const vi = v[i] /= column[0];
    for (std::size_t j = 1; j < column.size(); ++j) v[i + j] -= column[j] * vi;
  }
  return v;
}

void TimeVaryingProcess::add(double time, std::span<double const> x, double y) {
  auto const v = solve(time, x);
  // Not less than the noise, but for rounding.
  double const diagonal = std::sqrt(std::max(1.0 + noise_ - dot(v, v), noise_));
  for (std::size_t i = 0; i < v.size(); ++i) columns_[i].push_back(v[i]);
  columns_.push_back({diagonal});
  double const last = (y - dot(v, solved_)) / diagonal;
  solved_.push_back(last);
  times_.push_back(time);
  x_.insert(x_.end(), x.begin(), x.end());
  log_likelihood_ -=
      0.5 * last * last + std::log(diagonal) + 0.5 * std::log(2.0 * std::numbers::pi);
}

TimeVaryingProcess::Prediction TimeVaryingProcess::predict(double time,
                                                           std::span<double const> x) const {
  auto const v = solve(time, x);
  return {dot(v, solved_), std::max(0.0, 1.0 - dot(v, v))};
}

}  // namespace engram
