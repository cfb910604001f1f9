#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/communicator.hpp"
#include "core/compat.hpp"
#include "core/deadline.hpp"
#include "experiments/checkpoint.hpp"
#include "experiments/inputs.hpp"
#include "experiments/parameter.hpp"

namespace engram {

enum class Direction { minimise, maximise, none };

struct MetricSpec {
  std::string name;
  Direction direction = Direction::none;
  std::string unit = "1";
  std::string meaning;
};

/// One evaluation of an experiment. An outcome is a pure function of (experiment, parameters, seed,
/// budget); the id only names it.
struct Trial {
  std::uint64_t id = 0;
  std::uint64_t seed = 0;
  /// Share of the full effort, in (0, 1]; experiments without stages ignore it.
  double budget = 1.0;
  Parameters parameters;
};

/// How a trial ended. The numbers are those of the results file.
enum class Status : std::uint8_t {
  complete = 0,
  failed = 1,     ///< threw, or a metric is not finite; the reason says which
  timed_out = 2,  ///< went over its time limit
  skipped = 3,    ///< not run, by the failure policy
};

std::string_view to_string(Status status);

/// A curve: one value a step.
struct Series {
  std::string name;
  std::vector<double> values;
};

/// Weights, spikes, states. Row-major.
struct Array {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::vector<double> values;
};

struct Outcome {
  Status status = Status::complete;
  std::string reason;           ///< empty when complete
  std::vector<double> metrics;  ///< in the order of Experiment::metrics
  std::vector<Series> series;
  std::vector<Array> arrays;
  std::vector<std::string> warnings;
};

/// What a trial may use: it sees neither MPI nor files of results.
struct TrialContext {
  ExecutionSpace space;
  Communicator group;     ///< the ranks that evaluate this batch together
  Inputs inputs;          ///< the tables that file parameters name
  Deadline deadline;      ///< call `deadline.check()` at least every few milliseconds of work
  Checkpoint checkpoint;  ///< of a trial that is alone in its batch
};

/// A registered computation. Objects are stateless and shared by all trials.
class Experiment {
 public:
  virtual ~Experiment() = default;

  virtual std::string_view name() const = 0;
  virtual std::string_view summary() const = 0;  ///< one sentence
  virtual std::string_view source() const = 0;   ///< paper, equation numbers

  virtual std::vector<ParameterSpec> parameters() const = 0;

  /// The metrics that every complete trial has, all finite. Depends on structural parameters only.
  virtual std::vector<MetricSpec> metrics(Parameters const& fixed) const = 0;

  /// Parameters of a run that takes milliseconds, for the contract test.
  virtual Parameters example() const { return Parameters(parameters()); }

  /// Checks that go beyond single ranges. Throws UserError. Called before anything is written.
  virtual void validate(Parameters const&) const {}

  /// The same for what the files hold. Throws UserError.
  virtual void validate_inputs(Parameters const&, Inputs const&) const {}

  /// Whether trials save states (`TrialContext::checkpoint`), from which they or others go on.
  virtual bool saves_states() const { return false; }

  /// Trials with equal non-empty keys may be run as one batch; the outcome must not depend on it.
  virtual std::string batch_key(Trial const&) const { return {}; }
  virtual std::size_t max_batch() const { return 1; }

  /// Evaluates `trials`, all of one batch key. Exceptions are the whole batch's: the runner then
  /// evaluates its trials one by one.
  /// @param outcomes  same length as `trials`; metrics in the order of `metrics()`
  virtual void run(TrialContext& context, std::span<Trial const> trials,
                   std::span<Outcome> outcomes) const = 0;
};

/// All experiments that are linked into this program, by name.
class ExperimentRegistry {
 public:
  static ExperimentRegistry& instance();

  /// Throws std::logic_error if the name is taken.
  void add(std::unique_ptr<Experiment const> experiment);

  /// Throws UserError that names the nearest known experiment.
  Experiment const& at(std::string_view name) const;

  std::vector<Experiment const*> sorted() const;

 private:
  std::vector<std::unique_ptr<Experiment const>> experiments_;
};

/// A namespace-scope object of this type registers `E` before main:
///   RegisterExperiment<ReservoirForecast> const registered_reservoir_forecast;
template <class E>
struct RegisterExperiment {
  RegisterExperiment() { ExperimentRegistry::instance().add(std::make_unique<E const>()); }
};

}  // namespace engram
