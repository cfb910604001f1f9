#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

/// A matrix of weights in a vector of parameters, row by row.
struct MatrixBlock {
  std::size_t first = 0, rows = 0, columns = 0;
};

/// Noise of low rank, which is never stored: that of a rows x columns matrix is A B^T / sqrt(rank)
/// with normal A, [rows, rank], and B, [columns, rank], and that of other parameters normal (Sarkar
/// et al. 2025, arXiv 2511.16652). Each has mean 0 and variance 1 and is uncorrelated with the
/// others; the fourth moment in a matrix is 3 + 6 / rank. A perturbation is made of num_factors()
/// values of GaussianNoise: rank (rows + columns) a matrix.
class LowRankNoise {
 public:
  /// What follows in the parameters: `rows` numbers of dense noise (columns 0), or a matrix, whose
  /// factors are A column by column, then B column by column.
  struct Part {
    std::size_t first, rows, columns;
    std::size_t factors;  ///< where its values begin among the factors

    bool is_matrix() const { return columns > 0; }
    std::size_t size() const { return is_matrix() ? rows * columns : rows; }
  };

  /// Matrices of one row or column are vectors, which have dense noise.
  /// @param matrices  in the order of the parameters
  /// Throws std::invalid_argument for a rank of 0, and for matrices that overlap, are empty, not in
  /// order or beyond the parameters.
  LowRankNoise(std::span<MatrixBlock const> matrices, std::size_t num_parameters, std::size_t rank);

  std::size_t rank() const { return rank_; }
  std::size_t num_parameters() const { return num_parameters_; }
  std::size_t num_factors() const { return num_factors_; }
  std::span<Part const> parts() const { return parts_; }

  /// sum[j] += weights[0] * noise of keys[0] of parameter first + j, then weights[1] * …, each
  /// product with a factor of A rounded once: the same bits however parameters are divided.
  void add_weighted(std::span<Key const> keys, std::span<double const> weights, std::size_t first,
                    std::span<double> sum) const;

 private:
  /// The part of a sum that is of a matrix: from its number `begin` on.
  void add_matrix(Part const& part, std::span<Key const> keys, std::span<double const> weights,
                  std::size_t begin, std::span<double> sum) const;

  std::size_t num_parameters_, rank_, num_factors_ = 0;
  std::vector<Part> parts_;
};

}  // namespace engram
