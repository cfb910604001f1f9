#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/simd.hpp"

namespace engram {

/// Takes the `count`-th value (from 1) into mean and sum of squared deviations (Welford 1962).
KOKKOS_INLINE_FUNCTION void add_to_moments(double count, double x, double& mean,
                                           double& sum_squares) {
  double const before = x - mean;
  mean += before / count;
  sum_squares = fused(before, x - mean, sum_squares);
}

/// Numbers with mean 0 and variance 1, for policies: x <- (x - mean) scale.
template <int num>
struct Standardization {
  double mean[num], scale[num];

  KOKKOS_INLINE_FUNCTION void apply(double (&x)[num]) const {
    for (int i = 0; i < num; ++i) x[i] = (x[i] - mean[i]) * scale[i];
  }
};

/// Mean and variance of vectors that come one by one or in groups. Merging is not associative in
/// the last bits: merge in an order of identities (member, episode), never of arrival.
class RunningMoments {
 public:
  explicit RunningMoments(int num);

  /// `count` vectors with these means and sums of squared deviations.
  RunningMoments(double count, std::vector<double> mean, std::vector<double> sum_squares);

  int num() const { return static_cast<int>(mean_.size()); }
  double count() const { return count_; }
  double mean(int i) const { return mean_[static_cast<std::size_t>(i)]; }
  double sum_squares(int i) const { return sum_squares_[static_cast<std::size_t>(i)]; }
  /// Sum of squared deviations over count - 1; 0 for fewer than two vectors.
  double variance(int i) const;

  void add(double const* x);

  /// Those of both groups together (Chan, Golub & LeVeque 1983,
  /// doi 10.1080/00031305.1983.10483115). Throws std::invalid_argument unless both have as many
  /// numbers.
  void merge(RunningMoments const& other);

  /// All that changes; `StateArchive` or another that takes numbers and spans of them.
  template <class Archive>
  void exchange(Archive& archive) {
    archive(count_);
    archive(std::span(mean_));
    archive(std::span(sum_squares_));
  }

  /// What never varied goes to 0, as in augmented random search (Mania et al. 2018,
  /// arXiv 1803.07055), whose threshold is a deviation of 1e-7. Nothing changes before there are
  /// two vectors.
  template <int num>
  Standardization<num> standardization() const;

 private:
  double scale(int i) const;
  void require_num(int num) const;

  double count_ = 0.0;
  std::vector<double> mean_, sum_squares_;
};

template <int num>
Standardization<num> RunningMoments::standardization() const {
  require_num(num);
  Standardization<num> result;
  for (int i = 0; i < num; ++i) {
    result.mean[i] = count_ < 2.0 ? 0.0 : mean(i);
    result.scale[i] = scale(i);
  }
  return result;
}

}  // namespace engram
