#include "core/nets/product.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/random/random.hpp"

namespace {

using namespace engram;
using namespace engram::detail;

template <class T>
std::vector<T> random_numbers(std::size_t count, std::uint64_t stream) {
  Random const random(Key(Seed(31)).index(stream));
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<T>(random.uniform(i, -1.0, 1.0));
  return values;
}

/// A product on the host against the chain that it promises, bit by bit; nothing beside c changes.
template <class T>
void expect_chains(Product<T> p) {
  std::vector<T> const expected = [&] {
    std::vector<T> values;
    for (int i = 0; i < p.m; ++i) {
      for (int j = 0; j < p.n; ++j) {
        T sum = p.start == nullptr ? T(0) : p.start[i * p.start_row + j];
        for (int k = 0; k < p.k; ++k) {
          T const b = p.b_transposed ? p.b[j * p.b_row + k] : p.b[k * p.b_row + j];
          sum = fused(p.a[i * p.a_row + k * p.a_column], b, sum);
        }
        values.push_back(sum);
      }
    }
    return values;
  }();
  constexpr T untouched = T(77);
  auto const check = [&](Product<T> const& q) {
    std::vector<T> c(static_cast<std::size_t>((q.m + 1) * (q.n + 5)), untouched);
    Product<T> r = q;
    r.c = c.data();
    r.c_row = q.n + 5;
    multiply_on_host(r);
    for (int i = 0; i < static_cast<int>(c.size()); ++i) {
      int const row = i / (q.n + 5), column = i % (q.n + 5);
      bool const inside = row < q.m && column < q.n;
      ASSERT_EQ(c[static_cast<std::size_t>(i)],
                inside ? expected[static_cast<std::size_t>(row * q.n + column)] : untouched)
          << q.m << " x " << q.n << " x " << q.k << " at " << row << ", " << column;
    }
  };
  check(p);
  std::vector<T> packed(packed_size<T>(p.n, p.k));
  pack_panels(p, packed.data());
  p.b = packed.data();
  p.b_packed = true;
  check(p);
}

/// Views end where the numbers do: a sanitizer sees a kernel that reads beyond.
template <class T>
void expect_chains_of_all_kinds(int m, int n, int k) {
  auto const size = [](int rows, int columns) { return static_cast<std::size_t>(rows * columns); };
  auto const a = random_numbers<T>(size(m, k), 0), b = random_numbers<T>(size(k, n), 1);
  auto const start = random_numbers<T>(size(m, n), 2);
  Product<T> p;
  p.m = m;
  p.n = n;
  p.k = k;
  p.a = a.data();
  p.b = b.data();
  for (bool const a_transposed : {false, true}) {
    p.a_row = a_transposed ? 1 : k;
    p.a_column = a_transposed ? m : 1;
    for (bool const b_transposed : {false, true}) {
      p.b_transposed = b_transposed;
      p.b_row = b_transposed ? k : n;
      p.start = nullptr;
      expect_chains(p);
      p.start = start.data();
      for (int const start_row : {0, n}) {
        p.start_row = start_row;
        expect_chains(p);
      }
    }
  }
}

template <class T>
void expect_chains_of_all_shapes() {
  for (int const m : {1, 2, 3, 4, 8, 15, 33}) {
    for (int const n : {1, 7, 8, 16, 17, 32, 33, 70}) {
      for (int const k : {1, 5, 16, 37}) expect_chains_of_all_kinds<T>(m, n, k);
    }
  }
  expect_chains_of_all_kinds<T>(9, 40, 600);   // sums over several panels
  expect_chains_of_all_kinds<T>(1, 300, 257);  // several long rows of tiles
  expect_chains_of_all_kinds<T>(3, 3, 0);
}

TEST(Product, IsItsChainsOfFloats) {
#ifdef ENGRAM_VECTOR_EXTENSION
  expect_chains_of_all_shapes<float>();
#endif
}

TEST(Product, IsItsChainsOfDoubles) {
#ifdef ENGRAM_VECTOR_EXTENSION
  expect_chains_of_all_shapes<double>();
#endif
}

}  // namespace
