#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace engram {

/// Points of Sobol's sequence in natural order: of the first 2^m, one in every interval of length
/// 2^-m in every dimension, and pairs of dimensions evenly filled long before random points would.
/// Direction numbers of Joe and Kuo 2008, doi 10.1137/070709359.
class SobolPoints {
 public:
  static constexpr std::size_t max_dimensions = 64;
  static constexpr unsigned num_bits = 32;

  /// Throws std::invalid_argument for more than max_dimensions.
  explicit SobolPoints(std::size_t num_dimensions);

  /// A coordinate of a point as a binary fraction: bit 31 is worth a half. i_point < 2^32.
  std::uint32_t bits(std::uint64_t i_point, std::size_t i_dimension) const;

 private:
  using Directions = std::array<std::uint32_t, num_bits>;

  static Directions directions(std::size_t i_dimension);

  std::vector<Directions> directions_;
};

/// Owen's nested uniform scrambling (1998, doi 10.1006/jcom.1998.0487) of a binary fraction, by a
/// hash in which every bit depends on the bits above it only: Laine and Karras 2011, doi
/// 10.1111/j.1467-8659.2011.01980.x, with the constants of Burley 2020, JCGT 9(4). Points of equal
/// seeds in a dimension stay as evenly spread as they were.
std::uint32_t owen_scrambled(std::uint32_t x, std::uint32_t seed);

}  // namespace engram
