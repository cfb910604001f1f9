#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "jobs/results_file.hpp"

namespace engram {

/// Results without rows: objective "error", minimised, parameters leak (real) and rule (text),
/// metrics error and memory, two replicates a point.
inline Results make_results() {
  Results results;
  results.study_name = "demo";
  results.experiment = "no_op";
  results.objective = "error";
  results.direction = Direction::minimise;
  results.seed = 7;
  results.replicates = 2;
  results.finished = true;
  results.parameters = {{"leak", "1", "", Direction::none, std::vector<double>{}},
                        {"rule", "1", "", Direction::none, std::vector<std::string>{}}};
  results.metrics = {{"error", "1", "", Direction::minimise, std::vector<double>{}},
                     {"memory", "1", "", Direction::maximise, std::vector<double>{}}};
  return results;
}

/// One more trial: replicates follow one another, one second each, on rank id % 2.
inline void add_trial(Results& results, double leak, std::string const& rule, double error,
                      double memory, Status status = Status::complete,
                      std::string const& reason = {}) {
  auto const id = results.num_rows();
  results.id.push_back(id);
  results.point.push_back(id / results.replicates);
  results.replicate.push_back(static_cast<std::uint32_t>(id % results.replicates));
  results.seeds.push_back(1000 + id);
  results.budget.push_back(1.0);
  results.parent.push_back(-1);
  results.status.push_back(status);
  results.reason.push_back(reason);
  results.warnings.emplace_back();
  std::get<std::vector<double>>(results.parameters[0].values).push_back(leak);
  std::get<std::vector<std::string>>(results.parameters[1].values).push_back(rule);
  double const nan = std::numeric_limits<double>::quiet_NaN();
  bool const complete = status == Status::complete;
  std::get<std::vector<double>>(results.metrics[0].values).push_back(complete ? error : nan);
  std::get<std::vector<double>>(results.metrics[1].values).push_back(complete ? memory : nan);
  results.rank.push_back(static_cast<std::int32_t>(id % 2));
  results.attempt.push_back(0);
  results.start_s.push_back(1000.0 + static_cast<double>(id / 2));
  results.seconds.push_back(1.0);
  results.num_trials_planned = results.num_rows();
}

}  // namespace engram
