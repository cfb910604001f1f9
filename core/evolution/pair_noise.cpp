#include "core/evolution/pair_noise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "core/error.hpp"
#include "core/lanes.hpp"
#include "core/nearest_name.hpp"
#include "core/random/noise.hpp"
#include "core/random/normal_quantile.hpp"
#include "core/random/sobol.hpp"
#include "core/text.hpp"

namespace engram {

namespace {

class GaussianPairs final : public PairNoise {
 public:
  explicit GaussianPairs(Key key) : key_(key) {}

  void add_weighted(std::span<NoisePair const> pairs, std::span<double const> weights,
                    std::size_t first, std::span<double> sum) const override {
    auto const all = noises(pairs);
    engram::add_weighted(std::span(all), weights, first, sum);
  }
  void add_weighted_squares(std::span<NoisePair const> pairs, std::span<double const> weights,
                            std::span<double const> square_weights, std::size_t first,
                            std::span<double> sum, std::span<double> squares) const override {
    auto const all = noises(pairs);
    engram::add_weighted_squares(std::span(all), weights, square_weights, first, sum, squares);
  }
  void fill(NoisePair const& pair, std::size_t first, std::span<double> out) const override {
    engram::fill(noise(pair), first, out);
  }

 private:
  GaussianNoise noise(NoisePair const& pair) const {
    return GaussianNoise(key_.index(pair.generation).index(pair.index));
  }
  std::vector<GaussianNoise> noises(std::span<NoisePair const> pairs) const {
    std::vector<GaussianNoise> all;
    for (auto const& pair : pairs) all.push_back(noise(pair));
    return all;
  }

  Key key_;
};

/// In 32 partial sums, so that additions need not wait for each other.
double product_sum(std::span<double const> a, std::span<double const> b) {
  constexpr std::size_t width = 32;
  double partial[width] = {};
  std::size_t j = 0;
  for (; j + width <= a.size(); j += width) {
    ENGRAM_INDEPENDENT_ITERATIONS
    for (std::size_t l = 0; l < width; ++l) partial[l] = fused(a[j + l], b[j + l], partial[l]);
  }
  for (std::size_t l = 0; j + l < a.size(); ++l) partial[l] = fused(a[j + l], b[j + l], partial[l]);
  for (std::size_t half = width / 2; half > 0; half /= 2)
    for (std::size_t l = 0; l < half; ++l) partial[l] += partial[l + half];
  return partial[0];
}

void add_multiple(double factor, std::span<double const> x, std::span<double> sum) {
  double const* const from = x.data();
  double* const to = sum.data();
  ENGRAM_INDEPENDENT_ITERATIONS
  for (std::size_t j = 0; j < sum.size(); ++j) to[j] = fused(factor, from[j], to[j]);
}

/// Columns of a random orthogonal matrix H_0 H_1 … (Stewart 1980, doi 10.1137/0717034): reflection
/// H_k turns a normal vector x_k of the coordinates from k on, the gaussian noise of pair k, into
/// the k-th axis, so that column k is H_0 … H_{k-1} x_k / |x_k|.
class OrthogonalPairs final : public PairNoise {
 public:
  OrthogonalPairs(Key key, std::size_t dimension) : gaussian_(key), dimension_(dimension) {}

  void add_weighted(std::span<NoisePair const> pairs, std::span<double const> weights,
                    std::size_t first, std::span<double> sum) const override {
    // Of each set of pairs at right angles, weights of its columns.
    std::map<std::pair<std::uint64_t, std::size_t>, std::vector<double>> sets;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      auto& of_columns = sets[{pairs[i].generation, pairs[i].index / dimension_}];
      std::size_t const k = pairs[i].index % dimension_;
      if (of_columns.size() <= k) of_columns.resize(k + 1);
      of_columns[k] += weights[i];
    }
    std::vector<double> columns(dimension_), x(dimension_);
    for (auto const& [set, of_columns] : sets) {
      std::ranges::fill(columns, 0.0);
      for (std::size_t k = of_columns.size(); k-- > 0;)
        prepend({set.first, set.second * dimension_ + k}, k, of_columns[k], x, columns);
      for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += columns[first + j];
    }
  }

 private:
  /// columns = H_k columns + weight sqrt(dimension) x_k / |x_k|: by Horner's rule, the sum of many
  /// columns takes one reflection each.
  void prepend(NoisePair const& pair, std::size_t k, double weight, std::span<double> memory,
               std::span<double> columns) const {
    auto const x = memory.subspan(k), to = columns.subspan(k);
    gaussian_.fill(pair, k, x);
    double const square = product_sum(x, x), length = std::sqrt(square);
    if (!(length > 0.0)) {  // one number, which was zero: it is its axis already
      to[0] += weight * std::sqrt(static_cast<double>(dimension_));
      return;
    }
    // The mirror is at right angles to u = x + sign(x_0) |x| e_0; 2 / |u|^2 = 1 / (|x|^2 + |x_0|
    // |x|).
    double const x0 = x[0], u0 = x0 + std::copysign(length, x0);
    x[0] = u0;
    add_multiple(-product_sum(x, to) / (square + std::abs(x0) * length), x, to);
    x[0] = x0;
    add_multiple(weight * std::sqrt(static_cast<double>(dimension_)) / length, x, to);
  }

  GaussianPairs gaussian_;
  std::size_t dimension_;
};

/// Sobol' points in the first coordinates, gaussian noise in those that the table does not have
/// (mixed sequences, Spanier 1995).
class SobolPairs final : public PairNoise {
 public:
  SobolPairs(Key key, std::size_t dimension)
      : key_(key),
        gaussian_(key),
        points_(std::min<std::size_t>(dimension, SobolPoints::max_dimensions)) {}

  void add_weighted(std::span<NoisePair const> pairs, std::span<double const> weights,
                    std::size_t first, std::span<double> sum) const override {
    std::size_t const num = num_points(first, sum.size());
    std::array<double, SobolPoints::max_dimensions> values;
    auto const noise = std::span(values).first(num);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      fill_points(pairs[i], first, noise);
      add_multiple(weights[i], noise, sum.first(num));
    }
    gaussian_.add_weighted(pairs, weights, first + num, sum.subspan(num));
  }
  void add_weighted_squares(std::span<NoisePair const> pairs, std::span<double const> weights,
                            std::span<double const> square_weights, std::size_t first,
                            std::span<double> sum, std::span<double> squares) const override {
    std::size_t const num = num_points(first, sum.size());
    if (num > 0)
      PairNoise::add_weighted_squares(pairs, weights, square_weights, first, sum.first(num),
                                      squares.first(num));
    gaussian_.add_weighted_squares(pairs, weights, square_weights, first + num, sum.subspan(num),
                                   squares.subspan(num));
  }
  void fill(NoisePair const& pair, std::size_t first, std::span<double> out) const override {
    std::size_t const num = num_points(first, out.size());
    fill_points(pair, first, out.first(num));
    gaussian_.fill(pair, first + num, out.subspan(num));
  }

 private:
  /// Coordinates of Sobol' points among `size` from `first` on.
  static std::size_t num_points(std::size_t first, std::size_t size) {
    constexpr std::size_t most = SobolPoints::max_dimensions;
    return std::min(size, most - std::min(first, most));
  }
  void fill_points(NoisePair const& pair, std::size_t first, std::span<double> out) const {
    Random const seeds(key_.index(pair.generation).stream("strategy/sobol"));
    for (std::size_t j = 0; j < out.size(); ++j) {
      auto const seed = static_cast<std::uint32_t>(seeds.bits(first + j));
      double const x = owen_scrambled(points_.bits(pair.index, first + j), seed);
      out[j] = normal_quantile((x + 0.5) * 0x1.0p-32);
    }
  }

  Key key_;
  GaussianPairs gaussian_;
  SobolPoints points_;
};

}  // namespace

void PairNoise::fill(NoisePair const& pair, std::size_t first, std::span<double> out) const {
  double const one = 1.0;
  std::ranges::fill(out, 0.0);
  add_weighted({&pair, 1}, {&one, 1}, first, out);
}

void PairNoise::add_weighted_squares(std::span<NoisePair const> pairs,
                                     std::span<double const> weights,
                                     std::span<double const> square_weights, std::size_t first,
                                     std::span<double> sum, std::span<double> squares) const {
  std::vector<double> values(sum.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    fill(pairs[i], first, values);
    for (std::size_t j = 0; j < values.size(); ++j) {
      sum[j] = fused(weights[i], values[j], sum[j]);
      squares[j] = fused(square_weights[i], values[j] * values[j], squares[j]);
    }
  }
}

void PairNoise::perturb(NoisePair const& pair, double scale, std::span<double const> centre,
                        std::span<double> out) const {
  std::ranges::copy(centre, out.begin());
  add_weighted({&pair, 1}, {&scale, 1}, 0, out);
}

std::vector<std::string> pair_noise_names() {
  return {"gaussian", "orthogonal", "sobol"};
}

std::unique_ptr<PairNoise const> make_pair_noise(std::string_view name, Key key,
                                                 std::size_t dimension) {
  auto const names = pair_noise_names();
  if (std::ranges::find(names, name) == names.end())
    throw UserError("there is no noise " + in_quotes(name) + did_you_mean(name, names) +
                    " (noises: " + joined(names, ", ") + ")");
  if (name == "orthogonal") return std::make_unique<OrthogonalPairs>(key, dimension);
  if (name == "sobol") return std::make_unique<SobolPairs>(key, dimension);
  return std::make_unique<GaussianPairs>(key);
}

}  // namespace engram
