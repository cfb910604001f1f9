#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/random/random.hpp"
#include "experiments/experiment.hpp"

namespace engram {
namespace {

using Clock = std::chrono::steady_clock;

Key trial_key(Trial const& trial) {
  return Key(Seed(trial.seed))
      .stream("no_op")
      .index(std::bit_cast<std::uint64_t>(trial.parameters.real("x")))
      .index(std::bit_cast<std::uint64_t>(trial.parameters.real("y")));
}

Clock::duration milliseconds(double ms) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>(ms));
}

/// Sleeps without computing. The last tenth of a millisecond is waited for by yielding: the timers
/// of most systems are late by about half of that.
void sleep(double sleep_ms, Deadline const& deadline) {
  if (sleep_ms <= 0) return;
  auto const end = Clock::now() + milliseconds(sleep_ms);
  auto const end_of_sleep = end - std::chrono::microseconds(100);
  for (auto now = Clock::now(); now < end_of_sleep; now = Clock::now()) {
    deadline.check();
    std::this_thread::sleep_until(std::min(end_of_sleep, now + std::chrono::milliseconds(5)));
  }
  while (Clock::now() < end) std::this_thread::yield();
  deadline.check();
}

void spin(double spin_ms, Deadline const& deadline) {
  if (spin_ms <= 0) return;
  auto const end = Clock::now() + milliseconds(spin_ms);
  while (Clock::now() < end) deadline.check();
}

/// Until there is no more.
[[noreturn]] void take_all_memory() {
  constexpr std::size_t piece = std::size_t(1) << 24;
  std::vector<std::vector<char>> taken;
  while (true) taken.emplace_back(piece, '\1');
}

/// Not touched: on a machine that grants what it does not have, nothing happens.
void demand_memory() {
  constexpr std::size_t size = std::size_t(100) << 30;
  ::operator delete(::operator new(size));
}

/// True if the fault is to happen: always without a marker file, otherwise only the first time,
/// which leaves the file behind. So a fault of the machine can be imitated, which does not return
/// when the study is continued.
bool fault_is_due(std::string const& marker) {
  if (marker.empty()) return true;
  if (std::filesystem::exists(marker)) return false;
  return std::ofstream(marker).good();
}

void misbehave(Trial const& trial, Deadline const& deadline, Outcome& outcome) {
  auto const& mode = trial.parameters.text("mode");
  if (mode == "normal") return;
  double const chance = Random(trial_key(trial).stream("mode")).uniform(0);
  if (chance >= trial.parameters.real("probability")) return;
  if (mode == "warn") outcome.warnings.emplace_back("no_op warns as asked");
  if (mode == "nan") outcome.metrics[0] = std::numeric_limits<double>::quiet_NaN();
  if (mode == "throw") throw std::runtime_error("no_op throws as asked");
  if (mode == "overrun") sleep(1e3 * 3600, deadline);
  bool const is_once = mode == "abort" || mode == "hang" || mode == "grow" || mode == "demand";
  if (!is_once || !fault_is_due(trial.parameters.text("marker"))) return;
  if (mode == "abort") std::abort();
  if (mode == "grow") take_all_memory();
  if (mode == "demand") demand_memory();
  while (mode == "hang") std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

void emit_curves(Trial const& trial, Outcome& outcome) {
  if (auto const length = trial.parameters.integer("series_length"); length > 0) {
    Random const random(trial_key(trial).stream("series"));
    Series series{"value", std::vector<double>(static_cast<std::size_t>(length))};
    for (std::size_t i = 0; i < series.values.size(); ++i) series.values[i] = random.uniform(i);
    outcome.series.push_back(std::move(series));
  }
  if (auto const size = trial.parameters.integer("array_size"); size > 0) {
    Random const random(trial_key(trial).stream("array"));
    auto const n = static_cast<std::uint64_t>(size);
    Array array{"noise", {n, n}, std::vector<double>(n * n)};
    for (std::size_t i = 0; i < array.values.size(); ++i) array.values[i] = random.uniform(i);
    outcome.arrays.push_back(std::move(array));
  }
}

/// Does nothing, slowly or wrongly if asked: measures the overhead of a study and tests how faults
/// are handled.
class NoOp final : public Experiment {
 public:
  std::string_view name() const override { return "no_op"; }
  std::string_view summary() const override {
    return "A paraboloid with a little noise that can sleep, fail, hang or abort on request: for "
           "measuring overhead and testing faults.";
  }
  std::string_view source() const override { return "none: a test of the runner itself"; }

  std::vector<ParameterSpec> parameters() const override {
    return {
        real("x", 0.5)
            .range(-1e6, 1e6)
            .means("first coordinate; the minimum is at 0.3")
            .from("here"),
        real("y", 0.5)
            .range(-1e6, 1e6)
            .means("second coordinate; the minimum is at 0.7")
            .from("here"),
        real("noise_scale", 1e-3)
            .range(0, 1e6)
            .means("standard deviation of the noise on value")
            .from("here"),
        real("sleep_ms", 0).range(0, 1e8).in("ms").means("time to sleep").from("here"),
        real("spin_ms", 0).range(0, 1e8).in("ms").means("time to compute").from("here"),
        choice("mode", "normal",
               {"normal", "warn", "throw", "nan", "overrun", "hang", "abort", "grow", "demand"})
            .means("what a chosen trial does; hang ignores the time limit, overrun heeds it; grow "
                   "takes memory until there is no more, demand asks for 100 GiB")
            .from("here"),
        real("probability", 1)
            .range(0, 1)
            .means("share of the trials that the mode applies to, chosen by seed, x and y")
            .from("here"),
        text("marker", "")
            .means("a file: hang, abort, grow and demand only if it is missing, and leave it")
            .from("here"),
        integer("series_length", 0)
            .range(0, 1e8)
            .means("length of a recorded series; 0: none")
            .from("here"),
        integer("array_size", 0)
            .range(0, 1e4)
            .means("rows and columns of an array; 0: none")
            .from("here"),
        boolean("batched", false).means("whether trials may run as one batch").from("here"),
    };
  }

  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"value", Direction::minimise, "1", "(x - 0.3)^2 + (y - 0.7)^2 + noise"},
            {"noise", Direction::none, "1", "a uniform random number of the seed, x and y"}};
  }

  Parameters example() const override {
    Parameters example(parameters());
    example.set("batched", true);
    example.set("series_length", std::int64_t{4});
    example.set("array_size", std::int64_t{2});
    return example;
  }

  std::string batch_key(Trial const& trial) const override {
    return trial.parameters.boolean("batched") ? "no_op" : "";
  }
  std::size_t max_batch() const override { return 16; }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      auto const& parameters = trials[i].parameters;
      Key const key = trial_key(trials[i]);
      double const dx = parameters.real("x") - 0.3, dy = parameters.real("y") - 0.7;
      double const noise = parameters.real("noise_scale") * Random(key.stream("value")).normal(0);
      outcomes[i].metrics = {dx * dx + dy * dy + noise, Random(key.stream("noise")).uniform(0)};
      sleep(parameters.real("sleep_ms"), context.deadline);
      spin(parameters.real("spin_ms"), context.deadline);
      emit_curves(trials[i], outcomes[i]);
      misbehave(trials[i], context.deadline, outcomes[i]);
    }
  }
};

RegisterExperiment<NoOp> const registered_no_op;

}  // namespace
}  // namespace engram
