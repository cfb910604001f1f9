#pragma once

#include <cstddef>
#include <vector>

namespace engram {

/// What a model reads and what it is asked for at the same step; row-major in time.
struct InputOutputSeries {
  std::size_t num_steps = 0;
  std::size_t num_inputs = 0;
  std::size_t num_outputs = 0;
  std::vector<double> input;   ///< [num_steps * num_inputs]
  std::vector<double> output;  ///< [num_steps * num_outputs]
};

}  // namespace engram
