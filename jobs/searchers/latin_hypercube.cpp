#include <bit>
#include <cmath>
#include <string>

#include "core/random/random.hpp"
#include "jobs/searchers/design.hpp"

namespace engram {
namespace {

/// A random permutation of {0, …, size - 1} without a table: a Feistel network of four rounds (Luby
/// and Rackoff 1988, doi 10.1137/0217022) with Philox as its round function, walked until it is
/// back in range (Black and Rogaway 2002, doi 10.1007/3-540-45760-7_9).
class Permutation {
 public:
  Permutation(Key key, std::uint64_t size) : random_(key), size_(size) {
    // At least 8 bits: networks over fewer have too few different permutations.
    unsigned const num_bits = std::max(8, static_cast<int>(std::bit_width(size - 1)));
    num_right_bits_ = num_bits / 2;
    left_mask_ = (std::uint64_t{1} << (num_bits - num_right_bits_)) - 1;
    right_mask_ = (std::uint64_t{1} << num_right_bits_) - 1;
  }

  std::uint64_t operator()(std::uint64_t i) const {
    do i = network(i);
    while (i >= size_);
    return i;
  }

 private:
  std::uint64_t network(std::uint64_t i) const {
    std::uint64_t left = i >> num_right_bits_, right = i & right_mask_;
    for (std::uint64_t round = 0; round < 4; round += 2) {
      left ^= random_.bits((round << 40) | right) & left_mask_;
      right ^= random_.bits(((round + 1) << 40) | left) & right_mask_;
    }
    return (left << num_right_bits_) | right;
  }

  Random random_;
  std::uint64_t size_;
  unsigned num_right_bits_;
  std::uint64_t left_mask_, right_mask_;
};

/// In every dimension exactly one point in each of num_points strata of equal probability.
class LatinHypercube : public Design {
 public:
  explicit LatinHypercube(SearcherSettings const& settings)
      : Design(settings, settings.num_points, Substitute::random),
        jitter_(settings.key.stream("jitter")) {
    auto const key = settings.key.stream("permutation");
    for (std::size_t j = 0; j < space().size(); ++j)
      permutations_.emplace_back(key.index(j), num_points());
  }

 private:
  Point point(std::uint64_t i) const override {
    Random const jitter(jitter_.index(i));
    return point_at([&](std::size_t j) {
      auto const stratum = static_cast<double>(permutations_[j](i));
      auto const num_strata = static_cast<double>(num_points());
      // Rounding must not lead into the next stratum.
      return std::min((stratum + jitter.uniform(j)) / num_strata,
                      std::nextafter((stratum + 1.0) / num_strata, 0.0));
    });
  }

  Key jitter_;
  std::vector<Permutation> permutations_;
};

RegisterSearcher const registered_latin_hypercube({
    .name = "latin_hypercube",
    .summary = "one point in every stratum of every dimension; the number of trials is part of it",
    .source = "McKay, Beckman and Conover 1979, doi 10.2307/1268522",
    .options = {},
    .extensible = false,
    .make = [](SearcherSettings const& s) { return std::make_unique<LatinHypercube>(s); },
});

}  // namespace
}  // namespace engram
