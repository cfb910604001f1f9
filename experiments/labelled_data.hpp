#pragma once

#include <vector>

#include "core/random/random.hpp"
#include "core/zeroth_order/mlp_oracle.hpp"
#include "experiments/inputs.hpp"
#include "experiments/parameter.hpp"

namespace engram {

/// Samples to classify, divided at random.
struct LabelledData {
  LabelledSamples train, test;
  int num_classes = 0;
};

/// Parameters `data_file`, `label_column` and `test_share`.
std::vector<ParameterSpec> labelled_data_parameters();

/// Throws UserError unless the file's classes are whole numbers from 0 to 999, of two or more, and
/// there is a column beside them.
void check_labelled_data(Parameters const& parameters, Inputs const& inputs);

/// Of the file: one more than its largest.
int count_classes(Parameters const& parameters, Inputs const& inputs);

/// Of the file; without one, clusters in eight dimensions. Inputs are divided by the largest
/// magnitude in the training samples.
LabelledData make_labelled_data(Parameters const& parameters, Inputs const& inputs, Key key);

}  // namespace engram
