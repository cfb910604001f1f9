#include "experiments/experiment.hpp"

namespace {

using namespace engram;

/// x <- r x (1 - x).
class LogisticMap final : public Experiment {
 public:
  std::string_view name() const override { return "logistic_map"; }
  std::string_view summary() const override { return "Iterates the logistic map."; }
  std::string_view source() const override { return "R. May, Nature 261 (1976), equation 3"; }

  std::vector<ParameterSpec> parameters() const override {
    return {real("growth", 2.0).range(0.0, 4.0).means("growth rate r"),
            integer("steps", 100).at_least(1).means("iterations")};
  }

  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"final_value", Direction::maximise, "1", "x after the last step"}};
  }

  void run(TrialContext&, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      double const growth = trials[i].parameters.real("growth");
      double x = 0.5;
      for (std::int64_t step = 0; step < trials[i].parameters.integer("steps"); ++step)
        x = growth * x * (1.0 - x);
      outcomes[i].metrics = {x};
    }
  }
};

RegisterExperiment<LogisticMap> const registered_logistic_map;

}  // namespace
