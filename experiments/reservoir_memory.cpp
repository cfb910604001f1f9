#include <algorithm>
#include <string>

#include "core/tasks/memory_capacity.hpp"
#include "experiments/reservoir_drive.hpp"
#include "experiments/reservoir_model.hpp"

// Short-term memory capacity of echo state networks (Jaeger 2001, GMD report 152): how much of an
// uncorrelated input of the past a linear readout finds in the present state. At most the number of
// units for a linear reservoir, which an orthogonal one nearly reaches (White, Lee & Sompolinsky
// 2004).

namespace engram {

namespace {

std::size_t num_delays(Parameters const& p) {
  std::size_t const given = p.count("delays");
  return given > 0 ? given : 2 * p.count("units") * p.count("layers");
}

/// Predictions of all delays over the test steps, a vector a member.
std::vector<std::vector<double>> recall(TrialContext const& context,
                                        InputOutputSeries const& series,
                                        std::span<Trial const> trials) {
  auto const& p = trials.front().parameters;
  ReservoirDrive drive(context, trials,
                       {series.input, series.output, series.num_inputs, series.num_outputs});
  std::size_t const train_begin = p.count("washout");
  std::size_t const train_end = train_begin + p.count("train_steps");
  DriveOptions fit, test;
  fit.accumulate = true;
  test.own_feedback = p.real("feedback_scale") > 0.0;  // the targets are what it is to remember
  ReservoirDrive::Predictions predictions(trials.size());
  drive.adapt(train_end);
  drive.to(train_begin, {});
  drive.to(train_end, fit);
  drive.fit_readouts();
  drive.to(series.num_steps, test, &predictions);
  return predictions;
}

class ReservoirMemory final : public Experiment {
 public:
  std::string_view name() const override { return "reservoir_memory"; }
  std::string_view summary() const override {
    return "short-term memory capacity of an echo state network";
  }
  std::string_view source() const override {
    return "Jaeger 2001 (GMD 152); White, Lee & Sompolinsky 2004, doi "
           "10.1103/PhysRevLett.92.148102";
  }

  std::vector<ParameterSpec> parameters() const override {
    auto specs = reservoir_parameters();
    std::vector<ParameterSpec> const own = {
        integer("delays", 0)
            .range(0, 1e5)
            .in("steps")
            .means("delays 1 to this are asked for; 0: twice the number of units")
            .from("here"),
        integer("washout", 200)
            .range(0, 1e7)
            .in("steps")
            .means("dropped from the beginning")
            .from("here"),
        integer("train_steps", 4000)
            .range(1, 1e8)
            .in("steps")
            .means("the readout is fitted to")
            .from("here"),
        integer("test_steps", 2000)
            .range(2, 1e8)
            .in("steps")
            .means("the capacity is measured on")
            .from("here"),
    };
    specs.insert(specs.end(), own.begin(), own.end());
    return specs;
  }

  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {
        {"memory_capacity", Direction::maximise, "steps",
         "sum over delays of the squared correlation of readout and delayed input, on test steps"}};
  }

  Parameters example() const override {
    Parameters p(parameters());
    p.set("units", std::int64_t{10});
    p.set("washout", std::int64_t{20});
    p.set("train_steps", std::int64_t{200});
    p.set("test_steps", std::int64_t{100});
    return p;
  }

  void validate(Parameters const& p) const override {
    check_reservoir(p);
    auto needs = reservoir_memory(p);
    auto const delays = static_cast<double>(num_delays(p));
    auto const test_steps = static_cast<double>(p.count("test_steps"));
    auto const steps =
        static_cast<double>(p.count("washout") + p.count("train_steps")) + test_steps;
    auto const features = static_cast<double>(p.count("units") * p.count("layers"));
    // Targets on both sides; predictions of a launch, of a member and as they grow; cross moments
    // and readouts as they are gathered, copied, solved and set.
    needs.push_back({"delays and steps", 8.0 * delays * (2.0 * steps + 2.0 * test_steps)});
    needs.push_back({"units, layers and delays", 8.0 * delays * 5.0 * features});
    check_memory(needs);
  }

  std::string batch_key(Trial const& trial) const override { return reservoir_batch_key(trial); }
  std::size_t max_batch() const override { return 64; }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (auto const& trial : trials) validate(trial.parameters);
    auto const& p = trials.front().parameters;
    std::size_t const delays = num_delays(p);
    auto const series = memory_capacity_series(
        Key(Seed(trials.front().seed)).stream("task"),
        p.count("washout") + p.count("train_steps") + p.count("test_steps"), delays);
    std::size_t const test_begin = p.count("washout") + p.count("train_steps");
    auto const target = std::span(series.output).subspan(test_begin * delays);
    std::size_t const part = max_population(p.count("units") * p.count("layers") + delays,
                                            p.count("test_steps") * delays);
    for (std::size_t i = 0; i < trials.size(); i += part) {
      auto const some = trials.subspan(i, std::min(part, trials.size() - i));
      auto const predictions = recall(context, series, some);
      for (std::size_t j = 0; j < some.size(); ++j) {
        auto const capacity = memory_capacity(predictions[j], target, delays);
        outcomes[i + j].metrics = {capacity.total};
        outcomes[i + j].series = {{"capacity_by_delay", capacity.by_delay}};
      }
    }
  }
};

RegisterExperiment<ReservoirMemory> const registered_reservoir_memory;

}  // namespace

}  // namespace engram
