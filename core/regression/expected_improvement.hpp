#pragma once

namespace engram {

/// Logarithm of how far a normal number of this mean and deviation is above `best` on average (0 if
/// it is below): the expected improvement of Jones et al. 1998 (doi 10.1023/A:1008306431147), which
/// has differences even where it itself is rounded to 0, after Ament et al. 2023 (arXiv
/// 2310.20708). -infinity if the deviation is 0 and the mean not above `best`.
double log_expected_improvement(double mean, double deviation, double best);

}  // namespace engram
