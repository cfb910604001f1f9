#include "core/tasks/memory_capacity.hpp"

#include <stdexcept>

namespace engram {

namespace {

/// Every stride-th element from `first` on.
struct Column {
  std::span<double const> values;
  std::size_t first, stride;

  std::size_t size() const { return values.size() / stride; }
  double operator[](std::size_t i) const { return values[first + i * stride]; }
};

double mean(Column const& x) {
  double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i];
  return sum / static_cast<double>(x.size());
}

double squared_correlation(Column const& a, Column const& b) {
  double const mean_a = mean(a), mean_b = mean(b);
  double aa = 0.0, bb = 0.0, ab = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    double const da = a[i] - mean_a, db = b[i] - mean_b;
    aa += da * da;
    bb += db * db;
    ab += da * db;
  }
  if (aa == 0.0 || bb == 0.0) return 0.0;
  return (ab / aa) * (ab / bb);
}

}  // namespace

InputOutputSeries memory_capacity_series(Key key, std::size_t num_steps, std::size_t num_delays) {
  Random const present(key.stream("input"));
  Random const past(key.stream("past"));
  InputOutputSeries series{num_steps, 1, num_delays, {}, {}};
  series.input.resize(num_steps);
  series.output.resize(num_steps * num_delays);
  for (std::size_t t = 0; t < num_steps; ++t) {
    series.input[t] = present.uniform(t, -1.0, 1.0);
    for (std::size_t k = 1; k <= num_delays; ++k)
      series.output[t * num_delays + k - 1] =
          k <= t ? series.input[t - k] : past.uniform(k - t, -1.0, 1.0);
  }
  return series;
}

double squared_correlation(std::span<double const> a, std::span<double const> b) {
  if (a.size() != b.size())
    throw std::invalid_argument("squared_correlation: series of different lengths");
  return squared_correlation(Column{a, 0, 1}, Column{b, 0, 1});
}

MemoryCapacity memory_capacity(std::span<double const> prediction, std::span<double const> target,
                               std::size_t num_delays) {
  if (prediction.size() != target.size() || num_delays == 0 || target.size() % num_delays != 0)
    throw std::invalid_argument("memory_capacity: shapes do not agree");
  MemoryCapacity result;
  for (std::size_t k = 0; k < num_delays; ++k) {
    result.by_delay.push_back(
        squared_correlation(Column{prediction, k, num_delays}, Column{target, k, num_delays}));
    result.total += result.by_delay.back();
  }
  return result;
}

}  // namespace engram
