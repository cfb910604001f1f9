#include "jobs/trial_groups.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tests/jobs/refusal.hpp"

namespace engram {
namespace {

Study make_study(std::string const& ranks_per_trial) {
  return parse_study("[study]\nexperiment = no_op\ntrials = 4\n" +
                         (ranks_per_trial.empty() ? "" : "ranks_per_trial = " + ranks_per_trial) +
                         "\n[space]\nx = uniform(0, 1)\n",
                     "test.ini");
}

std::string told(int ranks_per_trial, std::size_t num_ranks) {
  return uneven_groups(make_study(std::to_string(ranks_per_trial)),
                       place_groups(std::vector<std::string>(num_ranks, "a"), ranks_per_trial));
}

// It may be another in each run of a study.
TEST(RanksPerTrial, IsNoPartOfAStudysIdentity) {
  EXPECT_EQ(make_study("").ranks_per_trial, 1);
  EXPECT_EQ(make_study("3").ranks_per_trial, 3);
  EXPECT_EQ(make_study("3").to_ini(), make_study("").to_ini());
  EXPECT_TRUE(
      differing_keys("[study]\nranks_per_trial = 3\n", "[study]\nranks_per_trial = 2\n").empty());
}

TEST(RanksPerTrial, IsAWholeNumberOfAtLeastOne) {
  for (auto const* value : {"0", "-1", "1.5", "all"}) {
    auto const text = refusal([&] { make_study(value); });
    EXPECT_NE(text.find("ranks_per_trial"), std::string::npos) << text;
  }
}

TEST(RanksPerTrial, UnevenRanksAreTold) {
  EXPECT_EQ(told(1, 3), "");
  EXPECT_EQ(told(2, 4), "");
  EXPECT_EQ(told(2, 5),
            "1 of 5 ranks is idle, because study.ranks_per_trial is 2; start a multiple of it");
  EXPECT_EQ(told(3, 5),
            "2 of 5 ranks are idle, because study.ranks_per_trial is 3; start a multiple of it");
  EXPECT_EQ(told(4, 3),
            "study.ranks_per_trial is 4, but there are 3 ranks: every trial has them all");
  EXPECT_EQ(told(4, 1),
            "study.ranks_per_trial is 4, but there is 1 rank: every trial has that one");
}

TEST(RanksPerTrial, ProvenanceHasTheGroups) {
  std::vector<std::string> const hosts = {"a", "a", "b", "b", "b"};
  auto const provenance = group_provenance(place_groups(hosts, 2), hosts);
  EXPECT_EQ(provenance.at("ranks_per_trial"), "2");
  EXPECT_EQ(provenance.at("groups"), "2 groups of 2 ranks; 1 rank idle");
}

}  // namespace
}  // namespace engram
