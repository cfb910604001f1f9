#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "experiments/experiment.hpp"

namespace engram::experiments_test {

using Settings = std::vector<std::pair<std::string, ParameterValue>>;

/// The defaults, but for `settings`.
inline Parameters parameters_of(Experiment const& experiment, Settings const& settings) {
  Parameters p(experiment.parameters());
  for (auto const& [name, value] : settings) p.set(name, value);
  return p;
}

inline Trial trial_of(Experiment const& experiment, Settings const& settings,
                      std::uint64_t seed = 1) {
  Trial trial;
  trial.seed = seed;
  trial.parameters = parameters_of(experiment, settings);
  return trial;
}

/// In one process, alone.
inline Outcome evaluate(Experiment const& experiment, Trial const& trial,
                        Deadline const& deadline = {}) {
  TrialContext context;
  context.deadline = deadline;
  Outcome outcome;
  experiment.run(context, std::span(&trial, 1), std::span(&outcome, 1));
  return outcome;
}

inline double metric(Experiment const& experiment, Outcome const& outcome,
                     std::string const& name) {
  auto const specs = experiment.metrics(Parameters(experiment.parameters()));
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name == name) return outcome.metrics.at(i);
  }
  throw std::out_of_range(name);
}

}  // namespace engram::experiments_test
