#pragma once

namespace engram {

/// The x below which a standard normal number lies with probability p, with a relative error of
/// some 1e-16: Wichura 1988, algorithm AS 241 (doi 10.2307/2347330), PPND16. -infinity at 0 and
/// infinity at 1.
double normal_quantile(double p);

}  // namespace engram
