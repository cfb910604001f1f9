#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/random/normal_pair.hpp"
#include "core/random/random.hpp"

// Noise that is never stored: regenerated from counters wherever it is needed, the same bits
// whichever thread, block or lane asks. A kind of noise has
//   block                       values made together
//   value(i)                    the i-th value, anywhere
//   fill_blocks(b, n, out)      n blocks from the b-th on, on the host's vector registers

namespace engram {

/// Standard normals by position, in single precision and at most 6.77 in magnitude (normal_pair).
/// They share counters with Random: one kind of draws a key.
class GaussianNoise {
 public:
  static constexpr std::size_t block = 64;

  KOKKOS_INLINE_FUNCTION explicit GaussianNoise(Key key) : key_(key) {}

  KOKKOS_INLINE_FUNCTION float value(std::uint64_t i) const {
    // Sixteen counters a block; word w of the l-th makes value 16 w + l of it.
    std::uint64_t const counter = i / block * 16 + i % 16, word = i % block / 16;
    std::uint64_t const bits = Random(key_).bits(2 * counter + word / 2);
    float first, second;
    normal_pair(static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32), first,
                second);
    return word % 2 == 0 ? first : second;
  }

  void fill_blocks(std::uint64_t first, std::size_t num_blocks, float* out) const;

 private:
  Key key_;
};

/// Random signs by position, a bit each: 1 or -1 with equal probability.
class RademacherNoise {
 public:
  static constexpr std::size_t block = 2048;

  KOKKOS_INLINE_FUNCTION explicit RademacherNoise(Key key) : key_(key) {}

  KOKKOS_INLINE_FUNCTION float value(std::uint64_t i) const {
    // Sixteen counters a block; of word w of the l-th, bit 31 - k makes value 512 w + 16 k + l.
    std::uint64_t const counter = i / block * 16 + i % 16, bit = i % block / 16;
    std::uint64_t const words = Random(key_).bits(2 * counter + bit / 64);
    return (words >> (bit % 64 ^ 31)) & 1 ? -1.0f : 1.0f;
  }

  void fill_blocks(std::uint64_t first, std::size_t num_blocks, float* out) const;

 private:
  Key key_;
};

// The operations of evolution strategies and zeroth-order methods, for Real float or double. Value
// j of a range belongs to parameter first + j, so that ranks and threads may divide the parameters
// anywhere without changing a bit.

/// out[j] = noise of parameter first + j.
template <class Noise, class Real>
void fill(Noise const& noise, std::uint64_t first, std::span<Real> out);

/// out[j] = theta[j] + scale * noise of parameter first + j, rounded once; `out` may be `theta`.
/// The antithetic member has the scale's other sign.
/// @throws std::invalid_argument  on different sizes
template <class Noise, class Real>
void perturb(Noise const& noise, std::uint64_t first, Real scale, std::span<Real const> theta,
             std::span<Real> out);

/// sum[j] += weights[0] * noise 0 of parameter first + j, then weights[1] * noise 1, and so on,
/// each rounded once.
/// @param noises  one per weight: of the members of a population, or of perturbations in sequence
/// @throws std::invalid_argument  on different numbers of noises and weights
template <class Noise, class Real>
void add_weighted(std::span<Noise const> noises, std::span<Real const> weights, std::uint64_t first,
                  std::span<Real> sum);

/// add_weighted to `sum`, and of squares to another sum: squares[j] += square_weights[0] * noise^2,
/// and so on, with noise that is made once.
/// @param square_weights  one per noise, as `weights`
/// @throws std::invalid_argument  on different numbers of noises and weights, or of sums
template <class Noise>
void add_weighted_squares(std::span<Noise const> noises, std::span<double const> weights,
                          std::span<double const> square_weights, std::uint64_t first,
                          std::span<double> sum, std::span<double> squares);

}  // namespace engram
