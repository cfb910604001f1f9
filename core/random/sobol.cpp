#include "core/random/sobol.hpp"

#include <bit>
#include <iterator>
#include <stdexcept>

#include "core/random/sobol_table.hpp"

namespace engram {

namespace {

std::uint32_t reversed_bits(std::uint32_t x) {
  x = ((x & 0x55555555u) << 1) | ((x >> 1) & 0x55555555u);
  x = ((x & 0x33333333u) << 2) | ((x >> 2) & 0x33333333u);
  x = ((x & 0x0f0f0f0fu) << 4) | ((x >> 4) & 0x0f0f0f0fu);
  x = ((x & 0x00ff00ffu) << 8) | ((x >> 8) & 0x00ff00ffu);
  return (x << 16) | (x >> 16);
}

}  // namespace

static_assert(SobolPoints::max_dimensions == std::size(sobol_directions) + 1);

SobolPoints::SobolPoints(std::size_t num_dimensions) {
  if (num_dimensions > max_dimensions)
    throw std::invalid_argument("Sobol' points have fewer dimensions");
  for (std::size_t j = 0; j < num_dimensions; ++j) directions_.push_back(directions(j));
}

/// Joe and Kuo 2008, eqs. 2 and 3: m_k = 2 a_1 m_{k-1} ^ 4 a_2 m_{k-2} ^ … ^ 2^s m_{k-s} ^ m_{k-s}.
SobolPoints::Directions SobolPoints::directions(std::size_t i_dimension) {
  Directions v{};
  if (i_dimension == 0) {
    for (unsigned k = 0; k < num_bits; ++k) v[k] = 1u << (num_bits - 1 - k);
    return v;
  }
  auto const& [polynomial, initial] = sobol_directions[i_dimension - 1];
  auto const degree = static_cast<unsigned>(std::bit_width(polynomial)) - 1;
  for (unsigned k = 0; k < num_bits; ++k) {
    if (k < degree) {
      v[k] = initial[k] << (num_bits - 1 - k);
      continue;
    }
    v[k] = v[k - degree] ^ (v[k - degree] >> degree);
    for (unsigned j = 1; j < degree; ++j)
      if ((polynomial >> (degree - j)) & 1u) v[k] ^= v[k - j];
  }
  return v;
}

std::uint32_t SobolPoints::bits(std::uint64_t i_point, std::size_t i_dimension) const {
  std::uint32_t x = 0;
  for (auto rest = i_point; rest != 0; rest &= rest - 1)
    x ^= directions_[i_dimension][static_cast<std::size_t>(std::countr_zero(rest))];
  return x;
}

std::uint32_t owen_scrambled(std::uint32_t x, std::uint32_t seed) {
  x = reversed_bits(x) + seed;
  x ^= x * 0x6c50b47cu;
  x ^= x * 0xb82f1e52u;
  x ^= x * 0xc7afe638u;
  x ^= x * 0x8d22f6e6u;
  return reversed_bits(x);
}

}  // namespace engram
