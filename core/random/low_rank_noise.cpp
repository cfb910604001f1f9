#include "core/random/low_rank_noise.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/lanes.hpp"
#include "core/random/noise.hpp"

namespace engram {

namespace {

/// Some columns of B with a factor each, for one row of the sum.
struct Terms {
  std::span<double const> factors;  ///< of A, [term], times weights
  double const* columns;            ///< of B, [term, columns]
  std::size_t num_columns;
};

/// sum[j] += factors[0] columns[0][first + j], then that of the next term, …
void add_terms(Terms const& terms, std::size_t first, std::span<double> sum) {
  double* const to = sum.data();
  auto const column = [&](std::size_t t) { return terms.columns + t * terms.num_columns + first; };
  std::size_t t = 0;
  // Four at a time read and write the sum once.
  for (; t + 4 <= terms.factors.size(); t += 4) {
    double const *const b0 = column(t), *const b1 = column(t + 1), *const b2 = column(t + 2),
                        *const b3 = column(t + 3);
    double const a0 = terms.factors[t], a1 = terms.factors[t + 1], a2 = terms.factors[t + 2],
                 a3 = terms.factors[t + 3];
    ENGRAM_INDEPENDENT_ITERATIONS
    for (std::size_t j = 0; j < sum.size(); ++j)
      to[j] = fused(a3, b3[j], fused(a2, b2[j], fused(a1, b1[j], fused(a0, b0[j], to[j]))));
  }
  for (; t < terms.factors.size(); ++t) {
    double const* const b = column(t);
    double const a = terms.factors[t];
    ENGRAM_INDEPENDENT_ITERATIONS
    for (std::size_t j = 0; j < sum.size(); ++j) to[j] = fused(a, b[j], to[j]);
  }
}

}  // namespace

LowRankNoise::LowRankNoise(std::span<MatrixBlock const> matrices, std::size_t num_parameters,
                           std::size_t rank)
    : num_parameters_(num_parameters), rank_(rank) {
  if (rank == 0) throw std::invalid_argument("noise of low rank has a rank of 1 or more");
  std::size_t at = 0;
  auto const add = [this](Part const& part, std::size_t num) {
    if (num == 0) return;
    parts_.push_back(part);
    num_factors_ += num;
  };
  for (auto const& m : matrices) {
    if (m.rows == 0 || m.columns == 0 || m.first < at || m.first > num_parameters ||
        m.columns > (num_parameters - m.first) / m.rows)
      throw std::invalid_argument(
          "matrices of weights follow each other, not empty and within the parameters");
    if (m.rows == 1 || m.columns == 1) continue;
    add({at, m.first - at, 0, num_factors_}, m.first - at);
    add({m.first, m.rows, m.columns, num_factors_}, rank * (m.rows + m.columns));
    at = m.first + m.rows * m.columns;
  }
  add({at, num_parameters - at, 0, num_factors_}, num_parameters - at);
}

void LowRankNoise::add_weighted(std::span<Key const> keys, std::span<double const> weights,
                                std::size_t first, std::span<double> sum) const {
  if (keys.size() != weights.size())
    throw std::invalid_argument("noise of low rank: one weight a key expected");
  std::vector<GaussianNoise> const noises(keys.begin(), keys.end());
  for (auto const& part : parts_) {
    std::size_t const begin = std::max(first, part.first);
    std::size_t const end = std::min(first + sum.size(), part.first + part.size());
    if (begin >= end) continue;
    auto const mine = sum.subspan(begin - first, end - begin);
    if (part.is_matrix())
      add_matrix(part, keys, weights, begin - part.first, mine);
    else
      engram::add_weighted(std::span<GaussianNoise const>(noises), weights,
                           part.factors + begin - part.first, mine);
  }
}

void LowRankNoise::add_matrix(Part const& part, std::span<Key const> keys,
                              std::span<double const> weights, std::size_t begin,
                              std::span<double> sum) const {
  std::size_t const n = part.columns, first_row = begin / n;
  std::size_t const num_rows = (begin + sum.size() + n - 1) / n - first_row;
  // Columns of B for a few hundred kilobytes, which stay in a cache for all rows.
  std::size_t const keys_at_a_time = std::clamp<std::size_t>(32768 / (n * rank_), 4, 256);
  double const scale = 1.0 / std::sqrt(static_cast<double>(rank_));
  std::vector<double> a, b, of_row;
  for (std::size_t k = 0; k < keys.size(); k += keys_at_a_time) {
    std::size_t const num = std::min(keys_at_a_time, keys.size() - k), num_terms = num * rank_;
    a.resize(num_terms * num_rows);
    b.resize(num_terms * n);
    for (std::size_t t = 0; t < num_terms; ++t) {
      std::size_t const i = k + t / rank_, column = t % rank_;
      GaussianNoise const noise(keys[i]);
      auto const factors = std::span(a).subspan(t * num_rows, num_rows);
      fill(noise, part.factors + column * part.rows + first_row, factors);
      for (double& x : factors) x *= scale * weights[i];
      fill(noise, part.factors + rank_ * part.rows + column * n, std::span(b).subspan(t * n, n));
    }
    of_row.resize(num_terms);
    for (std::size_t row = 0; row < num_rows; ++row) {
      for (std::size_t t = 0; t < num_terms; ++t) of_row[t] = a[t * num_rows + row];
      std::size_t const row_begin = (first_row + row) * n, row_end = row_begin + n;
      std::size_t const from = std::max(begin, row_begin);
      std::size_t const to = std::min(begin + sum.size(), row_end);
      add_terms({of_row, b.data(), n}, from - row_begin, sum.subspan(from - begin, to - from));
    }
  }
}

}  // namespace engram
