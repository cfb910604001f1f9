#include "core/reservoir/nvar.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace engram {

namespace {

/// Ridge regression one sample at a time: the triangular factor of [features; sqrt(ridge) I], kept
/// up to date by Givens' rotations (Golub and Van Loan, Matrix Computations, 5.2). It solves the
/// normal equations without forming them: at the published penalty their matrix is singular to
/// working precision.
class TriangularRegression {
 public:
  TriangularRegression(std::size_t num_features, std::size_t num_outputs, double ridge)
      : num_features_(num_features),
        width_(num_features + num_outputs),
        rows_(num_features * width_, 0.0) {
    for (std::size_t i = 0; i < num_features; ++i) rows_[i * width_ + i] = std::sqrt(ridge);
  }

  /// @param sample  features, then outputs; overwritten
  void add(std::span<double> sample) {
    ++num_samples_;
    for (std::size_t i = 0; i < num_features_; ++i) {
      if (sample[i] == 0.0) continue;
      double* const row = rows_.data() + i * width_;
      double const radius = std::sqrt(row[i] * row[i] + sample[i] * sample[i]);
      double const cosine = row[i] / radius, sine = sample[i] / radius;
      for (std::size_t j = i; j < width_; ++j) {
        double const rotated = cosine * row[j] + sine * sample[j];
        sample[j] = cosine * sample[j] - sine * row[j];
        row[j] = rotated;
      }
    }
  }

  /// No feature is a combination of those before it, to working precision; false for NaN. What is
  /// left of a column on the diagonal is then more than the rounding of its norm.
  bool is_determined() const {
    double const rounding = static_cast<double>(std::max(num_samples_, num_features_)) *
                            std::numeric_limits<double>::epsilon();
    for (std::size_t i = 0; i < num_features_; ++i) {
      double squared_norm = 0.0;
      for (std::size_t k = 0; k <= i; ++k)
        squared_norm += rows_[k * width_ + i] * rows_[k * width_ + i];
      if (!(std::abs(rows_[i * width_ + i]) > rounding * std::sqrt(squared_norm))) return false;
    }
    return true;
  }

  /// [num_features x num_outputs], row-major.
  std::vector<double> solve() const {
    std::size_t const num_outputs = width_ - num_features_;
    std::vector<double> solution(num_features_ * num_outputs);
    for (std::size_t i = num_features_; i-- > 0;) {
      double const* const row = rows_.data() + i * width_;
      for (std::size_t d = 0; d < num_outputs; ++d) {
        double rest = row[num_features_ + d];
        for (std::size_t j = i + 1; j < num_features_; ++j)
          rest -= row[j] * solution[j * num_outputs + d];
        solution[i * num_outputs + d] = rest / row[i];
      }
    }
    return solution;
  }

 private:
  std::size_t num_features_, width_, num_samples_ = 0;
  std::vector<double> rows_;  ///< [features x (features + outputs)]
};

}  // namespace

Nvar::Nvar(std::size_t num_dimensions, NvarOptions const& options)
    : num_dimensions_(num_dimensions),
      num_delays_(options.num_delays),
      skip_(options.skip),
      num_history_((options.num_delays - 1) * options.skip + 1),
      weights_(num_features(num_dimensions, options.num_delays) * num_dimensions, 0.0) {}

std::size_t Nvar::num_features(std::size_t num_dimensions, std::size_t num_delays) {
  std::size_t const num_linear = num_delays * num_dimensions;
  return 1 + num_linear + num_linear * (num_linear + 1) / 2;
}

Nvar Nvar::fit(std::span<double const> series, std::size_t num_dimensions,
               NvarOptions const& options) {
  if (num_dimensions == 0 || options.num_delays == 0 || series.size() % num_dimensions != 0)
    throw std::invalid_argument("Nvar: the series is not whole rows, or there are no delays");
  if (options.skip == 0) throw std::invalid_argument("Nvar: the skip must be one step or more");
  if (!(options.ridge >= 0.0)) throw std::invalid_argument("Nvar: the ridge is below 0");
  Nvar model(num_dimensions, options);
  std::size_t const num_steps = series.size() / num_dimensions;
  if (num_steps <= model.num_history_)
    throw std::invalid_argument("Nvar: the series is shorter than the delays");

  TriangularRegression regression(num_features(num_dimensions, options.num_delays), num_dimensions,
                                  options.ridge);
  for (std::size_t t = model.num_history_; t < num_steps; ++t) {
    options.deadline.check();
    auto sample = model.features(series.first(t * num_dimensions));
    for (std::size_t d = 0; d < num_dimensions; ++d)
      sample.push_back(series[t * num_dimensions + d] - series[(t - 1) * num_dimensions + d]);
    regression.add(sample);
  }
  if (!regression.is_determined()) {
    std::ostringstream message;
    message
        << "the " << num_features(num_dimensions, options.num_delays)
        << " features of the autoregression are linearly dependent or not finite: the series is "
           "too short, too simple or diverged, or the ridge of "
        << options.ridge << " is too small";
    throw std::runtime_error(message.str());
  }
  model.weights_ = regression.solve();
  return model;
}

std::vector<double> Nvar::features(std::span<double const> history) const {
  if (history.size() < num_history_ * num_dimensions_)
    throw std::invalid_argument("Nvar: the history is shorter than the delays");
  std::vector<double> result{1.0};
  result.reserve(num_features(num_dimensions_, num_delays_));
  for (std::size_t delay = 0; delay < num_delays_; ++delay) {
    auto const state =
        history.subspan(history.size() - (delay * skip_ + 1) * num_dimensions_, num_dimensions_);
    result.insert(result.end(), state.begin(), state.end());
  }
  std::size_t const num_linear = num_delays_ * num_dimensions_;
  for (std::size_t i = 1; i <= num_linear; ++i)
    for (std::size_t j = i; j <= num_linear; ++j) result.push_back(result[i] * result[j]);
  return result;
}

void Nvar::advance(std::span<double const> history, std::span<double> next) const {
  auto const present = history.last(num_dimensions_);
  std::copy(present.begin(), present.end(), next.begin());
  auto const values = features(history);
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t d = 0; d < num_dimensions_; ++d)
      next[d] += values[i] * weights_[i * num_dimensions_ + d];
}

std::vector<double> Nvar::predict(std::span<double const> series) const {
  std::size_t const num_steps = series.size() / num_dimensions_;
  if (num_steps < num_history_) return {};
  std::vector<double> result((num_steps - num_history_ + 1) * num_dimensions_);
  for (std::size_t i = 0; i <= num_steps - num_history_; ++i)
    advance(series.first((i + num_history_) * num_dimensions_),
            std::span(result).subspan(i * num_dimensions_, num_dimensions_));
  return result;
}

std::vector<double> Nvar::run(std::span<double const> history, std::size_t num_steps) const {
  if (history.size() < num_history_ * num_dimensions_)
    throw std::invalid_argument("Nvar: the history is shorter than the delays");
  auto const known = history.last(num_history_ * num_dimensions_);
  std::vector<double> series(known.begin(), known.end());
  series.resize((num_history_ + num_steps) * num_dimensions_);
  std::span<double> const all(series);
  for (std::size_t t = num_history_; t < num_history_ + num_steps; ++t)
    advance(all.first(t * num_dimensions_), all.subspan(t * num_dimensions_, num_dimensions_));
  return {series.begin() + static_cast<std::ptrdiff_t>(known.size()), series.end()};
}

}  // namespace engram
