#include "jobs/trial_worker.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include <cmath>

namespace engram {
namespace {

/// Does what the parameter says.
class Odd final : public Experiment {
 public:
  std::string_view name() const override { return "test_odd"; }
  std::string_view summary() const override { return "for tests"; }
  std::string_view source() const override { return "none"; }
  std::vector<ParameterSpec> parameters() const override { return {text("mode", "")}; }
  std::vector<MetricSpec> metrics(Parameters const&) const override {
    return {{"value", Direction::minimise, "1", ""}};
  }
  std::string batch_key(Trial const&) const override { return "all"; }
  std::size_t max_batch() const override { return 8; }
  void run(TrialContext&, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      auto const mode = trials[i].parameters.text("mode");
      outcomes[i].metrics = {1.0};
      if (mode == "throw a number") throw 7;
      if (mode == "series") outcomes[i].series = {{"a/b", {1.0}}};
      if (mode == "array") outcomes[i].arrays = {{"a/b", {1}, {1.0}}};
      if (mode == "shape") outcomes[i].arrays = {{"a", {2}, {1.0}}};
      if (mode == "metrics") outcomes[i].metrics = {1.0, 2.0};
    }
  }
};

RegisterExperiment<Odd> const registered;

Study make_study() {
  return parse_study(
      "[study]\nexperiment = test_odd\ntrials = 8\nsearcher = random\noutput = /nonexistent/a.h5\n"
      "[space]\nmode = choice(a, b)\n",
      "test.ini");
}

/// One batch of trials with these modes.
Bytes chunk_of(std::vector<std::string> const& modes) {
  ChunkWriter chunk;
  chunk.begin_batch(static_cast<std::uint32_t>(modes.size()));
  for (std::size_t id = 0; id < modes.size(); ++id) {
    WorkItem item;
    item.id = id;
    item.searched = {modes[id]};
    chunk.add(item);
  }
  return chunk.take();
}

TEST(TrialWorker, WhatATrialDoesWrongIsItsOwnFailure) {
  auto const study = make_study();
  StopSignals signals(true);
  TrialWorker worker(study, 0, "here", signals);
  std::vector<std::pair<std::string, std::string>> const cases = {
      {"throw a number", "an exception of unknown type"},
      {"series", "series 'a/b': expected a name without '/', and not '.'"},
      {"array", "array 'a/b': expected a name without '/', and not '.'"},
      {"shape", "array 'a': its 1 values do not fill its shape"},
      {"metrics", "the experiment gave 2 metrics instead of 1"},
  };
  for (auto const& [mode, reason] : cases) {
    auto const work = worker(chunk_of({"fine", mode, "fine"}));
    EXPECT_EQ(work.num_items, 3u);
    auto const result = decode_chunk_result(work.outcome);
    EXPECT_EQ(result.storage_error, "");
    ASSERT_EQ(result.records.size(), 3u) << mode;
    for (std::size_t i : {0, 2}) {
      EXPECT_EQ(result.records[i].outcome.status, Status::complete) << mode;
      EXPECT_EQ(result.records[i].outcome.metrics, std::vector<double>{1.0}) << mode;
    }
    auto const& failed = result.records[1].outcome;
    EXPECT_EQ(failed.status, Status::failed) << mode;
    EXPECT_EQ(failed.reason, reason);
    EXPECT_TRUE(failed.series.empty() && failed.arrays.empty()) << mode;
    ASSERT_EQ(failed.metrics.size(), 1u) << mode;
    EXPECT_TRUE(std::isnan(failed.metrics[0])) << mode;
  }
}

TEST(TrialWorker, WhatIsGivenBackSaysNothingAboutTheCostOfATrial) {
  auto const study = make_study();
  StopSignals signals(true);
  std::raise(SIGTERM);
  TrialWorker worker(study, 0, "here", signals);
  auto const work = worker(chunk_of({"fine", "fine"}));
  EXPECT_EQ(work.num_items, 0u);
  auto const result = decode_chunk_result(work.outcome);
  EXPECT_EQ(result.returned, (std::vector<std::uint64_t>{0, 1}));
  EXPECT_TRUE(result.records.empty());
}

}  // namespace
}  // namespace engram
