#include "core/orthogonal.hpp"

#include "core/simd.hpp"

namespace engram {

double dot(std::span<double const> a, std::span<double const> b) {
  double sum = 0.0;
  for (std::size_t j = 0; j < a.size(); ++j) sum = fused(a[j], b[j], sum);
  return sum;
}

void orthogonalise(std::span<double const> basis, std::size_t num, std::span<double> v) {
  for (int pass = 0; pass < 2; ++pass) {
    for (std::size_t i = 0; i < num; ++i) {
      auto const u = basis.subspan(i * v.size(), v.size());
      double const along = dot(u, v);
      for (std::size_t j = 0; j < v.size(); ++j) v[j] = fused(-along, u[j], v[j]);
    }
  }
}

}  // namespace engram
