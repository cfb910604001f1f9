#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/random/random.hpp"

namespace engram {

/// A pair of mirrored members.
struct NoisePair {
  std::uint64_t generation;
  std::size_t index;
};

/// Noise of mirrored pairs, a function of key, generation and pair alone: made again wherever it is
/// needed, the same bits for all ranks. Each coordinate has mean 0 and variance 1.
class PairNoise {
 public:
  virtual ~PairNoise() = default;

  /// sum[j] += weights[0] * noise of pairs[0] in coordinate first + j, and so on. The bits do not
  /// depend on which coordinates are asked for together.
  /// @param weights  [pairs]
  virtual void add_weighted(std::span<NoisePair const> pairs, std::span<double const> weights,
                            std::size_t first, std::span<double> sum) const = 0;

  /// add_weighted to `sum`, and squares[j] += square_weights[0] * the square of that noise, and so
  /// on, with noise that is made once.
  /// @param square_weights  [pairs]
  /// @param sum, squares    as long as each other
  virtual void add_weighted_squares(std::span<NoisePair const> pairs,
                                    std::span<double const> weights,
                                    std::span<double const> square_weights, std::size_t first,
                                    std::span<double> sum, std::span<double> squares) const;

  /// out[j] = noise of the pair in coordinate first + j.
  virtual void fill(NoisePair const& pair, std::size_t first, std::span<double> out) const;

  /// out[j] = centre[j] + scale * noise of the pair in coordinate j.
  /// @param centre, out  [dimension]
  void perturb(NoisePair const& pair, double scale, std::span<double const> centre,
               std::span<double> out) const;
};

/// gaussian, orthogonal, sobol.
std::vector<std::string> pair_noise_names();

/// A noise by name:
///
/// - `gaussian`: normal numbers.
/// - `orthogonal`: `dimension` pairs each, or what there are, have directions at right angles, of
///   length sqrt(dimension), which are distributed like the columns of a random rotation
///   (Choromanski et al. 2018, arXiv 1804.02395). The k-th is made by k reflections, so that a
///   generation of P pairs takes up to some 2 P times the work of gaussian noise to make its
///   members, and an update some four times that of gaussian noise, which ranks do not share.
/// - `sobol`: the pairs of a generation are Sobol' points, scrambled anew in each generation and
///   put through the inverse of the normal distribution. Best with pairs that are a power of two;
///   with fewer than some two a dimension, estimates are worse than with gaussian noise. They are
///   the first 64 coordinates; the others have gaussian noise, and where these are most, estimates
///   are hardly other than with gaussian noise alone.
///
/// @param key  a pair's is key.index(generation).index(pair)
/// Throws UserError, with the nearest name, if there is no noise of that name.
std::unique_ptr<PairNoise const> make_pair_noise(std::string_view name, Key key,
                                                 std::size_t dimension);

}  // namespace engram
