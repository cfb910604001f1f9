#include <algorithm>
#include <string>

#include "core/tasks/memory_capacity.hpp"
#include "experiments/reservoir_model.hpp"

// Short-term memory capacity of echo state networks (Jaeger 2001, GMD report 152): how much of an
// uncorrelated input of the past a linear readout finds in the present state. At most the number of
// units for a linear reservoir, which an orthogonal one nearly reaches (White, Lee & Sompolinsky
// 2004).

namespace engram {

namespace {

std::size_t num_delays(Parameters const& p) {
  auto const given = p.integer("delays");
  return static_cast<std::size_t>(given > 0 ? given : 2 * p.integer("units") * p.integer("layers"));
}

std::size_t steps(Parameters const& p, std::string_view name) {
  return static_cast<std::size_t>(p.integer(name));
}

/// Predictions of all delays over the test steps, a vector a member.
std::vector<std::vector<double>> recall(TrialContext const& context,
                                        InputOutputSeries const& series,
                                        std::span<Trial const> trials) {
  constexpr std::size_t launch_steps = 512;  // between two looks at the time limit
  auto const& p = trials.front().parameters;
  auto population = make_population(context.space, trials, series.num_inputs, series.num_outputs);
  auto const input = make_signal(series.input, series.num_inputs);
  auto const target = make_signal(series.output, series.num_outputs);
  std::vector<std::vector<double>> predictions(trials.size());
  auto const drive = [&](std::size_t begin, std::size_t end, DriveOptions const& options) {
    for (std::size_t step = begin; step < end; step += launch_steps) {
      context.deadline.check();
      population.drive(context.space, input, target, step, std::min(end, step + launch_steps),
                       options);
      if (!options.predict) continue;
      for (std::size_t m = 0; m < trials.size(); ++m) {
        auto const values = population.predictions(m);
        predictions[m].insert(predictions[m].end(), values.begin(), values.end());
      }
    }
  };
  std::size_t const train_begin = steps(p, "washout");
  std::size_t const train_end = train_begin + steps(p, "train_steps");
  DriveOptions adapt, fit, test;
  adapt.plasticity = intrinsic_plasticity(p);
  fit.accumulate = true;
  test.predict = true;
  test.own_feedback = p.real("feedback_scale") > 0.0;  // the targets are what it is to remember
  for (std::size_t left = steps(p, "plasticity_steps"); left > 0;) {
    std::size_t const part = std::min(left, train_end);
    drive(0, part, adapt);
    left -= part;
    population.reset(context.space);
  }
  drive(0, train_begin, {});
  drive(train_begin, train_end, fit);
  fit_readouts(population, trials);
  drive(train_end, series.num_steps, test);
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
            .means("delays 1 to this are asked for; 0: twice the number of units"),
        integer("washout", 200).range(0, 1e7).in("steps").means("dropped from the beginning"),
        integer("train_steps", 4000).range(1, 1e8).in("steps").means("the readout is fitted to"),
        integer("test_steps", 2000).range(2, 1e8).in("steps").means("the capacity is measured on"),
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

  void validate(Parameters const& p) const override { check_reservoir(p); }

  std::string batch_key(Trial const& trial) const override { return reservoir_batch_key(trial); }
  std::size_t max_batch() const override { return 64; }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    auto const& p = trials.front().parameters;
    std::size_t const delays = num_delays(p);
    auto const series = memory_capacity_series(
        Key(Seed(trials.front().seed)).stream("task"),
        steps(p, "washout") + steps(p, "train_steps") + steps(p, "test_steps"), delays);
    std::size_t const test_begin = steps(p, "washout") + steps(p, "train_steps");
    auto const target = std::span(series.output).subspan(test_begin * delays);
    std::size_t const part =
        max_population(static_cast<std::size_t>(p.integer("units") * p.integer("layers")) + delays);
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

RegisterExperiment<ReservoirMemory> const registered;

}  // namespace

}  // namespace engram
