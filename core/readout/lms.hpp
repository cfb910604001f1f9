#pragma once

#include "core/readout/population.hpp"

namespace engram {

/// One sample for each individual's linear readouts by Widrow and Hoff's rule, least mean squares:
///
///   e = w r - target,  w <- w - rate e r'
///
/// Stable in the mean for rates below 2 / (largest eigenvalue of the inputs' correlation).
/// @param rates    [individuals]
/// @param inputs   r, [individuals, inputs]
/// @param targets  [individuals, outputs]
/// @param weights  w, [individuals, outputs, inputs]
/// @param errors   receives e, the errors before the update, [individuals, outputs]
/// Throws std::invalid_argument if the shapes do not agree.
void update_lms(ExecutionSpace const& space, ConstPopulationScalars const& rates,
                ConstPopulationVectors const& inputs, ConstPopulationVectors const& targets,
                PopulationMatrices const& weights, PopulationVectors const& errors);

/// The same with the step divided by `regularisation` + r'r (normalised LMS; Haykin, Adaptive
/// Filter Theory, ch. 7): stable for rates in (0, 2), whatever the scale of the inputs. Throws
/// std::invalid_argument too unless `regularisation` is above 0: an input may be zero.
void update_nlms(ExecutionSpace const& space, ConstPopulationScalars const& rates,
                 double regularisation, ConstPopulationVectors const& inputs,
                 ConstPopulationVectors const& targets, PopulationMatrices const& weights,
                 PopulationVectors const& errors);

}  // namespace engram
