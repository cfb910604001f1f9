#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace engram {

/// A sample's mean and the standard error of that mean, s / sqrt(n) with s² over n - 1.
struct MeanAndError {
  std::size_t num = 0;
  double mean = 0.0;            ///< NaN if the sample is empty
  double standard_error = 0.0;  ///< NaN below two values
};

MeanAndError mean_and_error(std::span<double const> values);

/// The middle value, or the mean of the two middle ones; NaN if there is none.
double median(std::vector<double> values);

/// 1 for the smallest value, n for the largest; equal values share the mean of their ranks.
std::vector<double> mid_ranks(std::span<double const> values);

/// How much of the variance of `values` their division into groups explains, corrected for what
/// chance explains: 1 - (SS_within / (n - k)) / (SS_total / (n - 1)) (Kelley 1935, epsilon squared,
/// doi 10.1073/pnas.21.9.554), at least 0. `groups` holds a group in [0, k) for every value.
double explained_share(std::span<double const> values, std::span<std::size_t const> groups);

}  // namespace engram
