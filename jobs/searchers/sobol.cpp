#include <array>
#include <bit>
#include <string>

#include "core/random/random.hpp"
#include "jobs/searchers/design.hpp"
#include "jobs/searchers/sobol_table.hpp"

namespace engram {
namespace {

constexpr unsigned num_bits = 32;

/// Binary fractions: bit 31 is worth a half.
using DirectionNumbers = std::array<std::uint32_t, num_bits>;

/// Joe and Kuo 2008, eqs. 2 and 3: m_k = 2 a_1 m_{k-1} ^ 4 a_2 m_{k-2} ^ … ^ 2^s m_{k-s} ^ m_{k-s}.
DirectionNumbers direction_numbers(std::size_t i_dimension) {
  DirectionNumbers v{};
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

std::uint32_t reversed_bits(std::uint32_t x) {
  x = ((x & 0x55555555u) << 1) | ((x >> 1) & 0x55555555u);
  x = ((x & 0x33333333u) << 2) | ((x >> 2) & 0x33333333u);
  x = ((x & 0x0f0f0f0fu) << 4) | ((x >> 4) & 0x0f0f0f0fu);
  x = ((x & 0x00ff00ffu) << 8) | ((x >> 8) & 0x00ff00ffu);
  return (x << 16) | (x >> 16);
}

/// Owen's nested uniform scrambling by a hash in which every bit depends on the bits above it only:
/// Laine and Karras 2011, doi 10.1111/j.1467-8659.2011.01980.x, with the constants of Burley 2020,
/// JCGT 9(4).
std::uint32_t scrambled(std::uint32_t x, std::uint32_t seed) {
  x = reversed_bits(x) + seed;
  x ^= x * 0x6c50b47cu;
  x ^= x * 0xb82f1e52u;
  x ^= x * 0xc7afe638u;
  x ^= x * 0x8d22f6e6u;
  return reversed_bits(x);
}

/// Sobol' points in natural order: of the first 2^m, one in every interval of length 2^-m in every
/// dimension, and pairs of dimensions evenly filled long before random points would.
class SobolSearch : public Design {
 public:
  explicit SobolSearch(SearcherSettings const& settings)
      : Design(settings.space, settings.num_points),
        scramble_(settings.options.boolean("scramble")) {
    auto const largest = std::size(sobol_directions) + 1;
    if (space().size() > largest)
      throw UserError("the sobol searcher has " + std::to_string(largest) +
                      " dimensions, but the space has " + std::to_string(space().size()));
    if (num_points() > std::uint64_t{1} << num_bits)
      throw UserError("the sobol searcher has at most 2^32 points");
    Random const random(settings.key.stream("scramble"));
    for (std::size_t j = 0; j < space().size(); ++j) {
      directions_.push_back(direction_numbers(j));
      seeds_.push_back(static_cast<std::uint32_t>(random.bits(j)));
    }
  }

 private:
  Point point(std::uint64_t i) const override {
    return point_at([&](std::size_t j) {
      std::uint32_t x = 0;
      for (auto rest = i; rest != 0; rest &= rest - 1)
        x ^= directions_[j][static_cast<std::size_t>(std::countr_zero(rest))];
      return (scramble_ ? scrambled(x, seeds_[j]) : x) * 0x1.0p-32;
    });
  }

  bool scramble_;
  std::vector<DirectionNumbers> directions_;
  std::vector<std::uint32_t> seeds_;
};

RegisterSearcher const registered_sobol({
    .name = "sobol",
    .summary = "evenly spread points of Sobol's sequence; best with a power of two",
    .source = "Joe and Kuo 2008, doi 10.1137/070709359",
    .options = {boolean("scramble", true)
                    .means("Owen's scrambling: random points that keep the even spread")
                    .from("Owen 1998, doi 10.1006/jcom.1998.0487")},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<SobolSearch>(s); },
});

}  // namespace
}  // namespace engram
