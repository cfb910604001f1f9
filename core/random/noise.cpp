#include "core/random/noise.hpp"

#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "core/random/philox_lanes.hpp"

namespace engram {

namespace {

#if defined(ENGRAM_VECTOR_EXTENSION) && defined(__AVX512F__)

using Lanes16 = detail::Words16;
using Rounds = PhiloxRounds;

/// Blocks whose random words are made together: of one, each product would wait for the last.
constexpr int num_together = 2;

/// Words of the counters 16 (i_block + b), 16 (i_block + b) + 1, …; word w of all in words[b][w].
template <int num_blocks>
inline void random_words(Rounds const& rounds, std::uint64_t i_block,
                         Lanes16 (&words)[num_blocks][4]) {
  __m512i const first = _mm512_set1_epi64(static_cast<long long>(16 * i_block));
  __m512i const lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
  __m512i c[4][2 * num_blocks];
  for (int i = 0; i < 2 * num_blocks; ++i) {
    c[0][i] = _mm512_add_epi64(first, _mm512_add_epi64(lane, _mm512_set1_epi64(8 * i)));
    c[1][i] = _mm512_srli_epi64(c[0][i], 32);
    c[2][i] = c[3][i] = _mm512_setzero_si512();
  }
  philox_lanes(rounds, c);
  __m512i const low_halves =
      _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  for (int b = 0; b < num_blocks; ++b) {
    for (int w = 0; w < 4; ++w)
      words[b][w] = (Lanes16)_mm512_permutex2var_epi32(c[w][2 * b], low_halves, c[w][2 * b + 1]);
  }
}

void store_lanes(float* out, detail::Floats16 x) {
  _mm512_storeu_ps(out, (__m512)x);
}

void normal_lanes(Lanes16 const& a, Lanes16 const& b, float* first, float* second) {
  detail::Floats16 x, y;
  normal_pair(a, b, x, y);
  store_lanes(first, x);
  store_lanes(second, y);
}

/// A sign of every bit, the highest first.
void sign_lanes(Lanes16 words, float* out) {
#pragma GCC unroll 8
  for (int bit = 0; bit < 32; ++bit) {
    store_lanes(out + 16 * bit, detail::float_of_bits((words & 0x80000000u) | 0x3f800000u));
    words += words;
  }
}

#else

using Rounds = std::uint64_t;

struct Lanes16 {
  std::uint32_t values[16];
};

constexpr int num_together = 1;

inline void random_words(Rounds const& rounds, std::uint64_t i_block, Lanes16 (&words)[1][4]) {
  std::uint32_t counter[4][16] = {};
  for (std::uint32_t l = 0; l < 16; ++l) {
    counter[0][l] = static_cast<std::uint32_t>(16 * i_block) + l;
    counter[1][l] = static_cast<std::uint32_t>((16 * i_block) >> 32);
  }
  philox_lanes(rounds, counter);
  std::memcpy(words, counter, sizeof counter);
}

void normal_lanes(Lanes16 const& a, Lanes16 const& b, float* first, float* second) {
  ENGRAM_INDEPENDENT_ITERATIONS
  for (int l = 0; l < 16; ++l) normal_pair(a.values[l], b.values[l], first[l], second[l]);
}

void sign_lanes(Lanes16 const& words, float* out) {
  for (int bit = 0; bit < 32; ++bit) {
    ENGRAM_INDEPENDENT_ITERATIONS
    for (int l = 0; l < 16; ++l) {
      std::uint32_t const sign = (words.values[l] << bit) & 0x80000000u;
      out[16 * bit + l] = detail::float_of_bits(sign | 0x3f800000u);
    }
  }
}

#endif

template <int num_blocks>
inline void make_normals(Rounds const& rounds, std::uint64_t i_block, float* out) {
  Lanes16 words[num_blocks][4];
  random_words(rounds, i_block, words);
  for (auto const& w : words) {
    normal_lanes(w[0], w[1], out, out + 16);
    normal_lanes(w[2], w[3], out + 32, out + 48);
    out += GaussianNoise::block;
  }
}

void require_equal(std::size_t a, std::size_t b, char const* what) {
  if (a != b) throw std::invalid_argument(what);
}

/// Values made at a time: enough for what is the same in all blocks to be made once, and few enough
/// for parameters to come from memory meanwhile, as processors fetch ahead of those that are read.
template <class Noise>
constexpr std::size_t chunk = std::max<std::size_t>(Noise::block, 512);

/// f(offset, count, first block, values skipped in it) for the parts of a range of `size` values
/// from position `first` on that lie in one chunk each.
template <class Noise, class F>
void for_each_chunk(std::uint64_t first, std::size_t size, F const& f) {
  for (std::size_t offset = 0; offset < size;) {
    std::uint64_t const position = first + offset;
    std::size_t const skipped = position % Noise::block;
    std::size_t const count = std::min(size - offset, chunk<Noise> - skipped);
    f(offset, count, position / Noise::block, skipped);
    offset += count;
  }
}

/// The `count` values of a chunk that follow `skipped` ones in block `first`.
template <class Noise>
float const* make(Noise const& noise, std::uint64_t first, std::size_t skipped, std::size_t count,
                  float (&values)[chunk<Noise>]) {
  noise.fill_blocks(first, (skipped + count + Noise::block - 1) / Noise::block, values);
  return values + skipped;
}

/// out[j] = theta[j] + scale * noise[j].
template <class Real>
void add_scaled(Real scale, float const* noise, Real const* theta, Real* out, std::size_t count) {
  ENGRAM_INDEPENDENT_ITERATIONS
  for (std::size_t j = 0; j < count; ++j) {
    out[j] = fused(scale, static_cast<Real>(noise[j]), theta[j]);
  }
}

/// sum[j] += weights noise and squares[j] += square_weights noise^2 of `num` noises in turn.
/// Several at a time, so that sums are read and written once for all of them.
template <int num>
void add_with_squares(float const* const* noises, double const* weights,
                      double const* square_weights, double* sum, double* squares,
                      std::size_t count) {
  float const* from[num];
  double weight[num], square_weight[num];
  for (int i = 0; i < num; ++i) {
    from[i] = noises[i];
    weight[i] = weights[i];
    square_weight[i] = square_weights[i];
  }
  ENGRAM_INDEPENDENT_ITERATIONS
  for (std::size_t j = 0; j < count; ++j) {
    double s = sum[j], q = squares[j];
#pragma GCC unroll 8
    for (int i = 0; i < num; ++i) {
      auto const x = static_cast<double>(from[i][j]);
      s = fused(weight[i], x, s);
      q = fused(square_weight[i], x * x, q);
    }
    sum[j] = s;
    squares[j] = q;
  }
}

}  // namespace

void GaussianNoise::fill_blocks(std::uint64_t first, std::size_t num_blocks, float* out) const {
  Rounds const rounds(key_.value());
  std::size_t b = 0;
  for (; b + num_together <= num_blocks; b += num_together)
    make_normals<num_together>(rounds, first + b, out + block * b);
  for (; b < num_blocks; ++b) make_normals<1>(rounds, first + b, out + block * b);
}

void RademacherNoise::fill_blocks(std::uint64_t first, std::size_t num_blocks, float* out) const {
  Rounds const rounds(key_.value());
  for (std::size_t b = 0; b < num_blocks; ++b) {
    Lanes16 words[1][4];
    random_words(rounds, first + b, words);
    for (Lanes16 const& w : words[0]) {
      sign_lanes(w, out);
      out += block / 4;
    }
  }
}

template <class Noise, class Real>
void fill(Noise const& noise, std::uint64_t first, std::span<Real> out) {
  alignas(64) float values[chunk<Noise>];
  for_each_chunk<Noise>(
      first, out.size(),
      [&](std::size_t offset, std::size_t count, std::uint64_t i_block, std::size_t skipped) {
        if constexpr (std::is_same_v<Real, float>) {
          if (skipped == 0 && count % Noise::block == 0) {
            noise.fill_blocks(i_block, count / Noise::block, out.data() + offset);
            return;
          }
        }
        std::copy_n(make(noise, i_block, skipped, count, values), count, out.data() + offset);
      });
}

template <class Noise, class Real>
void perturb(Noise const& noise, std::uint64_t first, Real scale, std::span<Real const> theta,
             std::span<Real> out) {
  require_equal(theta.size(), out.size(), "perturb: parameters and result of different sizes");
  alignas(64) float values[chunk<Noise>];
  for_each_chunk<Noise>(
      first, out.size(),
      [&](std::size_t offset, std::size_t count, std::uint64_t i_block, std::size_t skipped) {
        add_scaled(scale, make(noise, i_block, skipped, count, values), theta.data() + offset,
                   out.data() + offset, count);
      });
}

template <class Noise, class Real>
void add_weighted(std::span<Noise const> noises, std::span<Real const> weights, std::uint64_t first,
                  std::span<Real> sum) {
  require_equal(noises.size(), weights.size(), "add_weighted: one weight per noise expected");
  alignas(64) float values[chunk<Noise>];
  for_each_chunk<Noise>(
      first, sum.size(),
      [&](std::size_t offset, std::size_t count, std::uint64_t i_block, std::size_t skipped) {
        Real* const part = sum.data() + offset;
        for (std::size_t i = 0; i < noises.size(); ++i) {
          add_scaled(weights[i], make(noises[i], i_block, skipped, count, values), part, part,
                     count);
        }
      });
}

template <class Noise>
void add_weighted_squares(std::span<Noise const> noises, std::span<double const> weights,
                          std::span<double const> square_weights, std::uint64_t first,
                          std::span<double> sum, std::span<double> squares) {
  require_equal(noises.size(), weights.size(),
                "add_weighted_squares: one weight per noise expected");
  require_equal(noises.size(), square_weights.size(),
                "add_weighted_squares: one weight per noise expected");
  require_equal(sum.size(), squares.size(), "add_weighted_squares: sums of different sizes");
  constexpr std::size_t together = 4;
  alignas(64) float values[together][chunk<Noise>];
  for_each_chunk<Noise>(
      first, sum.size(),
      [&](std::size_t offset, std::size_t count, std::uint64_t i_block, std::size_t skipped) {
        double *const s = sum.data() + offset, *const q = squares.data() + offset;
        std::size_t i = 0;
        for (; i + together <= noises.size(); i += together) {
          float const* made[together];
          for (std::size_t k = 0; k < together; ++k)
            made[k] = make(noises[i + k], i_block, skipped, count, values[k]);
          add_with_squares<together>(made, &weights[i], &square_weights[i], s, q, count);
        }
        for (; i < noises.size(); ++i) {
          float const* const made = make(noises[i], i_block, skipped, count, values[0]);
          add_with_squares<1>(&made, &weights[i], &square_weights[i], s, q, count);
        }
      });
}

template void add_weighted_squares(std::span<GaussianNoise const>, std::span<double const>,
                                   std::span<double const>, std::uint64_t, std::span<double>,
                                   std::span<double>);

#define ENGRAM_INSTANTIATE(Noise, Real)                                                    \
  template void fill(Noise const&, std::uint64_t, std::span<Real>);                        \
  template void perturb(Noise const&, std::uint64_t, Real, std::span<Real const>,          \
                        std::span<Real>);                                                  \
  template void add_weighted(std::span<Noise const>, std::span<Real const>, std::uint64_t, \
                             std::span<Real>);
ENGRAM_INSTANTIATE(GaussianNoise, float)
ENGRAM_INSTANTIATE(GaussianNoise, double)
ENGRAM_INSTANTIATE(RademacherNoise, float)
ENGRAM_INSTANTIATE(RademacherNoise, double)
#undef ENGRAM_INSTANTIATE

}  // namespace engram
