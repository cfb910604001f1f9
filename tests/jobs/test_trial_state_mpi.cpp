#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <utility>

#include "jobs/exit_code.hpp"
#include "jobs/trial_state.hpp"
#include "tests/jobs/refusal.hpp"
#include "tests/jobs/runner_case.hpp"

namespace engram {
namespace {

/// The logistic map, a step of which is a hundredth of the effort. Counts the steps of this
/// process, and asks it to stop in the midst of a trial where it is told to.
class Chaos final : public Experiment {
 public:
  inline static int num_steps = 0;
  inline static bool interrupts = false, fails_early = false;

  std::string_view name() const override { return "test_chaos"; }
  std::string_view summary() const override { return "for tests"; }
  std::string_view source() const override { return "May 1976"; }
  std::vector<ParameterSpec> parameters() const override { return {real("x", 0)}; }
  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"value", Direction::minimise, "1", "x"}, {"growth", Direction::none, "1", "a"}};
  }
  bool saves_states() const override { return true; }
  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    if (fails_early && trials[0].budget < 1.0) throw std::runtime_error("chaos");
    double const growth = 3.6 + 0.4 * trials[0].parameters.real("x");
    double x = 0.1 + 0.8 * Random(Key(Seed(trials[0].seed))).uniform(0);
    int step = 0;
    auto const state = [&](StateArchive& archive) {
      archive(x);
      archive(step);
    };
    context.checkpoint.restore(state);
    while (step < 100.0 * trials[0].budget) {
      x *= growth * (1.0 - x);
      ++step;
      ++num_steps;
      if (interrupts && step == 50) ::raise(SIGTERM);
      context.checkpoint.offer(state);
    }
    outcomes[0].metrics = {x, growth};
  }
};

RegisterExperiment<Chaos> const chaos;

/// Three points: one of a fifth of the budget, one that goes on from it to the end, and one that
/// goes on with another value.
class Continues final : public Searcher {
 public:
  explicit Continues(SearchSpace const& space) : space_(space) {}

  std::vector<Proposal> ask(std::size_t) override {
    if (num_asked_ > num_told_) return {};
    auto const at = [&](double u) { return Point{space_[0].at_quantile(u)}; };
    switch (num_asked_++) {
      case 0:
        return {{.values = at(0.25), .budget = 0.2}};
      case 1:
        return {{.values = at(0.25), .budget = 1.0, .continues = 0, .seeds_of = 0}};
      default:
        return {{.values = at(0.75), .budget = 1.0, .continues = 0}};
    }
  }
  void tell(PointResult const& result) override {
    ASSERT_EQ(result.metrics.size(), 2u);
    bool const is_nan = std::isnan(result.objective);
    EXPECT_TRUE(is_nan ? std::isnan(result.metrics[0]) : result.metrics[0] == result.objective);
    ++num_told_;
  }
  bool finished() const override { return num_asked_ == 3; }
  std::uint64_t num_points() const override { return 3; }
  bool keeps_states() const override { return true; }
  std::uint64_t oldest_to_continue() const override { return num_asked_ < 3 ? 0 : 1; }

 private:
  SearchSpace space_;
  std::uint64_t num_asked_ = 0, num_told_ = 0;
};

RegisterSearcher const continues({.name = "test_continues",
                                  .summary = "for tests",
                                  .source = "",
                                  .options = {},
                                  .needs_states = true,
                                  .make = [](SearcherSettings const& settings) {
                                    return std::make_unique<Continues>(settings.space);
                                  }});

std::string chaos_study(std::string const& more) {
  return "[study]\nname = test\nexperiment = test_chaos\nobjective = value\n" + more +
         "\n[space]\nx = uniform(0, 1)\n";
}

class TrialStatesOfRuns : public Runner {
 protected:
  TrialStatesOfRuns() { Chaos::interrupts = Chaos::fails_early = false; }
  int num_steps() const {
    int mine = std::exchange(Chaos::num_steps, 0);
    std::vector<int> all(static_cast<std::size_t>(world_.size()));
    world_.all_gather(std::span<int const>(&mine, 1), std::span(all));
    return std::accumulate(all.begin(), all.end(), 0);
  }
};

TEST_F(TrialStatesOfRuns, SuspendedTrialsGoOnWhereTheyWere) {
  auto const text = chaos_study("searcher = random\ntrials = 4\nreplicates = 2");
  auto const undisturbed = make_study(text, "undisturbed.h5");
  EXPECT_EQ(run(undisturbed), exit_complete);
  EXPECT_EQ(num_steps(), 400);

  auto const study = make_study(text);
  Chaos::interrupts = true;
  int code = exit_continue;
  for (int i = 0; i < 20 && code == exit_continue; ++i) {
    code = run(study);
    if (i == 0 && world_.size() == 1) {
      EXPECT_EQ(code, exit_continue);
      EXPECT_TRUE(std::filesystem::exists(state_file(study.output, 0)));
    }
  }
  EXPECT_EQ(code, exit_complete) << messages_;
  EXPECT_EQ(num_steps(), 400) << "steps were made twice, or not at all";
  if (!is_root()) return;
  EXPECT_EQ(column(read(), "value"), column(read("undisturbed.h5"), "value"));
  EXPECT_FALSE(std::filesystem::exists(state_folder(study.output)));
}

TEST_F(TrialStatesOfRuns, DamagedStateIsAsNone) {
  auto const study = make_study(chaos_study("searcher = random\ntrials = 1"));
  if (world_.size() > 1) return;  // whose trial it is, is chance
  Chaos::interrupts = true;
  EXPECT_EQ(run(study), exit_continue);
  std::filesystem::resize_file(state_file(study.output, 0), 30);
  Chaos::interrupts = false;
  num_steps();
  EXPECT_EQ(run(study), exit_complete);
  EXPECT_EQ(num_steps(), 100);
}

TEST_F(TrialStatesOfRuns, PointsGoOnFromOthers) {
  auto const study = make_study(chaos_study("searcher = test_continues\ntrials = 3"));
  EXPECT_EQ(run(study), exit_complete) << messages_;
  EXPECT_EQ(num_steps(), 20 + 80 + 80);
  if (!is_root()) return;
  auto const results = read();
  EXPECT_EQ(results.budget, (std::vector<double>{0.2, 1.0, 1.0}));
  EXPECT_EQ(results.parent, (std::vector<std::int64_t>{-1, 0, 0}));
  EXPECT_EQ(results.seeds[0], results.seeds[1]);

  // The same by hand; the second point is the whole budget in one go.
  std::vector<double> expected;
  for (double const second : {0.25, 0.75}) {
    double x = 0.1 + 0.8 * Random(Key(Seed(results.seeds[0]))).uniform(0);
    for (int i = 0; i < 100; ++i) x *= (3.6 + 0.4 * (i < 20 ? 0.25 : second)) * (1.0 - x);
    expected.push_back(x);
  }
  auto const values = column(results, "value");
  EXPECT_EQ(std::vector<double>(values.begin() + 1, values.end()), expected);
}

TEST_F(TrialStatesOfRuns, WhatWouldGoOnFromAFailedTrialFails) {
  auto const study = make_study(chaos_study("searcher = test_continues\ntrials = 3"));
  Chaos::fails_early = true;
  EXPECT_EQ(run(study), exit_failed_trials) << messages_;
  if (!is_root()) return;
  auto const reason = "trial 0, which it goes on from, did not complete";
  EXPECT_EQ(read().reason, (std::vector<std::string>{"chaos", reason, reason}));
}

TEST(TrialState, ReadsBackOrNotAtAll) {
  auto const world = duplicate_world();
  if (!world.is_root()) return;
  auto const folder =
      std::filesystem::temp_directory_path() / ("engram_trial_state_" + std::to_string(::getpid()));
  auto const results = folder / "a.h5";
  auto const path = state_file(results, 17);
  TrialState const state{"engram 1\nseed 5\n", {1.5, -0.0, 1e300}};
  EXPECT_FALSE(read_state(path));
  write_state(path, state);
  auto const back = read_state(path);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->identity, state.identity);
  EXPECT_EQ(back->values, state.values);

  write_state(end_state_file(results, 3), state);
  std::ofstream(state_folder(results) / "17.state.tmp-1") << "half a st";
  TrialStates states(results);
  EXPECT_TRUE(states.has(17));
  EXPECT_FALSE(states.has(3));
  states.retire(17, false);
  states.retire_ends_before(3);
  states.remove_retired();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(std::filesystem::exists(end_state_file(results, 3)));
  states.retire_ends_before(4);
  states.remove_retired();
  EXPECT_TRUE(std::filesystem::is_empty(state_folder(results)));

  write_state(path, state);
  auto const size = std::filesystem::file_size(path);
  for (std::uintmax_t cut = 0; cut < size; ++cut) {
    std::filesystem::resize_file(path, cut);
    EXPECT_FALSE(read_state(path)) << cut;
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace engram
