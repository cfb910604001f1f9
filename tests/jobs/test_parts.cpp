#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/part_files.hpp"
#include "jobs/part_journals.hpp"
#include "jobs/trial_source.hpp"
#include "tests/jobs/results_store_case.hpp"

namespace engram {
namespace {

using namespace engram::testing;

using Store = std::optional<ResultsStore>;

class PartsOfAStudy : public ResultsStoreTest {
 protected:
  static constexpr int num_parts = 3;

  Part part(int index, std::uint64_t block = 3) const { return {index, num_parts, block}; }

  void open(Store& store, int index, std::uint64_t block = 3) const {
    store.emplace(study, OpenMode::create_or_continue,
                  std::map<std::string, std::string>{{"hosts", "node" + std::to_string(index)}},
                  part(index, block));
  }

  std::string message_of_part(Part const& as, Study const& other) const {
    try {
      ResultsStore const store(other, OpenMode::create_or_continue, {}, as);
    } catch (UserError const& error) {
      return error.what();
    }
    return {};
  }

  /// What a part does with a trial that is not recorded.
  bool run_if_its_own(ResultsStore& store, std::uint64_t id) const {
    if (!store.claim(id)) return false;
    EXPECT_FALSE(store.contains(id)) << id;
    append_trial(store, study, id);
    return true;
  }

  void expect_finished() const {
    EXPECT_EQ(rows_of(output), rows_of(reference));
    EXPECT_EQ(folder_contents(folder_of_runs.path()).size(), 1u);
    if (has_h5diff()) {
      EXPECT_TRUE(same_files(reference, output));
    }
  }
};

TEST_F(PartsOfAStudy, ABlockIsClaimedOnceAndForGood) {
  create_folder(parts_folder(output));
  Claims a(output, part(0)), b(output, part(1));
  EXPECT_EQ(b.owner(2), std::nullopt);
  EXPECT_EQ(a.claim(2), 0);
  for (std::uint64_t const id : {0, 1, 2}) EXPECT_EQ(b.claim(id), 0) << id;
  EXPECT_EQ(b.claim(3), 1);
  for (std::uint64_t const id : {3, 4, 5}) EXPECT_EQ(a.claim(id), 1) << id;
  EXPECT_EQ(a.owner(6), std::nullopt);
  Claims again(output, part(0));
  EXPECT_EQ(again.claim(0), 0);
  EXPECT_EQ(again.claim(5), 1);
  EXPECT_EQ(again.owner(4), 1);
  remove_parts(output);
  EXPECT_EQ(Claims(output, part(2)).claim(0), std::nullopt);
  EXPECT_TRUE(folder_contents(folder_of_runs.path()).empty());
  remove_parts(output);
}

TEST_F(PartsOfAStudy, TheFirstPlanIsEveryonesPlan) {
  create_folder(parts_folder(output));
  EXPECT_EQ(agree_on_plan(output, part(1, 5)).block, 5u);
  EXPECT_EQ(agree_on_plan(output, part(2, 7)).block, 5u);
  EXPECT_EQ(agree_on_plan(output, part(2, 7)).index, 2);
  try {
    agree_on_plan(output, {0, 33, 5});
    FAIL();
  } catch (UserError const& error) {
    EXPECT_TRUE(contains(error.what(), "is run in 3 parts: use --part K/3")) << error.what();
  }
}

TEST_F(PartsOfAStudy, TakeTurnsAndEndAtTheSameMoment) {
  std::vector<Store> stores(num_parts);
  for (int i = 0; i < num_parts; ++i) open(stores[i], i);
  std::vector<int> num_run(num_parts);
  // Each walks all trials; the last ones are reached first by another part each time.
  for (std::uint64_t id = 0; id < study.num_trials(); ++id)
    for (int i = 0; i < num_parts; ++i) {
      auto const k = static_cast<std::size_t>((id / 3 + i) % num_parts);
      num_run[k] += run_if_its_own(*stores[k], id) && id % 3 == 2;
    }
  EXPECT_EQ(num_run, (std::vector<int>{2, 2, 2}));
  EXPECT_EQ(stores[0]->num_recorded(), 8u);  // 0 1 2, 9 10 11, 18 19
  for (auto& store : stores) store->sync();
  EXPECT_EQ(read_results(output).num_rows(), 20u);
  EXPECT_EQ(read_results(output).provenance.at("hosts"), "node0, node1, node2");
  for (auto& store : stores) {
    auto const taken = store->take_in();
    EXPECT_EQ(std::set(taken.begin(), taken.end()).size(), taken.size());
    EXPECT_EQ(store->num_recorded(), 20u);
    EXPECT_TRUE(store->take_in().empty());
  }
  EXPECT_EQ(stores[2]->summary(0).objective, 1.0 / 3.0);
  EXPECT_EQ(stores[2]->summary(3).status, Status::failed);
  stores[1]->write_results(true);
  EXPECT_TRUE(read_results(output).finished);
  EXPECT_TRUE(stores[0]->is_finished_elsewhere());
  EXPECT_FALSE(stores[0]->claim(0));  // the claims have gone
  auto const bytes = file_bytes(output);
  stores[0]->write_results(true);
  stores[2]->write_results(true);
  EXPECT_EQ(file_bytes(output), bytes);
  stores.clear();
  expect_finished();
  EXPECT_EQ(read_results(output).provenance.at("parts"), "3");
  EXPECT_EQ(read_results(output).provenance.at("part_2"), "hosts: node2; restarts: 0");
}

TEST_F(PartsOfAStudy, OneThatComesLateFindsTheStudyFinished) {
  Store a, b;
  open(a, 0);
  open(b, 1);
  for (std::uint64_t id = 0; id < study.num_trials(); ++id) ASSERT_TRUE(run_if_its_own(*a, id));
  a->write_results(true);
  // It has not looked since, and its claims are gone: another folder of claims changes nothing.
  create_folder(parts_folder(output));
  EXPECT_FALSE(b->claim(19));
  b.reset();
  Store c;
  open(c, 2);
  EXPECT_EQ(c->num_recorded(), study.num_trials());
  auto const bytes = file_bytes(output);
  c->write_results(true);
  EXPECT_EQ(file_bytes(output), bytes);
  a.reset();
  c.reset();
  expect_finished();
}

TEST_F(PartsOfAStudy, AKilledPartFindsItsOwnAndTheWholeStudyTakesInTheRest) {
  Store a, b;
  open(a, 0);
  for (std::uint64_t const id : {0, 1}) EXPECT_TRUE(run_if_its_own(*a, id));
  a.reset();
  open(b, 1);
  EXPECT_EQ(b->num_recorded(), 2u);
  EXPECT_FALSE(b->claim(2));
  EXPECT_FALSE(b->owner_runs(2));
  for (std::uint64_t const id : {3, 4, 5, 10, 11}) EXPECT_TRUE(run_if_its_own(*b, id));
  b->sync();
  open(a, 0);
  EXPECT_TRUE(b->owner_runs(2));
  EXPECT_EQ(a->num_recorded(), 7u);
  EXPECT_TRUE(a->claim(2));
  EXPECT_FALSE(a->claim(9));
  append_trial(*a, study, 2);
  a.reset();
  EXPECT_TRUE(contains(message_of(study), "is in use by part 1 of the study"));
  b->tick();
  EXPECT_FALSE(std::filesystem::exists(output));  // a part alone writes none
  b.reset();
  EXPECT_EQ(read_results(output).num_rows(), 8u);
  {
    ResultsStore const whole(study, OpenMode::create_or_continue, {});
    EXPECT_EQ(whole.num_recorded(), 8u);
    EXPECT_FALSE(std::filesystem::exists(parts_folder(output)));
    EXPECT_TRUE(contains(message_of_part(part(0), study), "in use by a run of the whole study"));
  }
  // Killed before the folder went, it finds trials twice; and parts go on after it.
  open(a, 0);
  EXPECT_EQ(a->num_recorded(), 8u);
  EXPECT_TRUE(run_if_its_own(*a, 7));
  a.reset();
  finish_and_compare();
}

TEST_F(PartsOfAStudy, TornAndDamagedJournalsOfOthersAreReadAsFarAsTheyAreWhole) {
  Store a, b;
  open(a, 0, 20);
  for (std::uint64_t const id : {0, 1, 2}) EXPECT_TRUE(run_if_its_own(*a, id));
  a->sync();
  auto const path = part_journal(output, 0);
  auto const three = file_bytes(path);
  for (std::uint64_t const id : {4, 6}) EXPECT_TRUE(run_if_its_own(*a, id));
  a->sync();
  auto const five = file_bytes(path);
  write_bytes(path, three.substr(0, three.size() - 5));
  open(b, 1, 20);
  EXPECT_EQ(b->num_recorded(), 2u);
  write_bytes(path, five.substr(0, five.size() - 1));
  EXPECT_EQ(b->take_in(), (std::vector<std::uint64_t>{2, 4}));
  auto damaged = five;
  damaged[three.size() + 30] ^= 1;  // trial 4, which is in already
  write_bytes(path, damaged);
  EXPECT_EQ(b->take_in(), (std::vector<std::uint64_t>{6}));
  b.reset();
  open(b, 1, 20);
  EXPECT_FALSE(b->contains(4));
  EXPECT_TRUE(b->contains(6));
  write_bytes(path, five + "torn");
  EXPECT_EQ(b->take_in(), (std::vector<std::uint64_t>{4}));
  EXPECT_FALSE(b->claim(7));
  // The other has lost its end with its node, and has gone on differently.
  write_bytes(path, three.substr(0, three.size() - 5));
  a.reset();
  open(a, 0, 20);
  EXPECT_FALSE(a->contains(2));
  for (std::uint64_t id = 2; id < study.num_trials(); ++id) append_trial(*a, study, id);
  a->sync();
  b->take_in();
  EXPECT_EQ(b->num_recorded(), study.num_trials());
  a.reset();
  b.reset();
  finish_and_compare();
}

TEST_F(PartsOfAStudy, RefusalsAreOneSentenceAndChangeNothing) {
  Store a;
  open(a, 0);
  auto const before = folder_contents(folder_of_runs.path());
  auto const refused = [&](std::string const& message, std::string const& text) {
    EXPECT_TRUE(contains(message, text)) << message;
    EXPECT_EQ(folder_contents(folder_of_runs.path()), before);
  };
  refused(message_of_part(part(0), study), "part 0/3 of " + output.string() + " is in use");
  refused(message_of_part({1, 4}, study), "is run in 3 parts");
  refused(message_of_part(part(1), make_study(output, 20, 8)), "study.seed: 7 there, 8 here");
  refused(message_of(study), "is in use by part 0");
  a.reset();
  auto const other = make_study(output, 20, 8);
  EXPECT_EQ(message_of_part(part(1), other), "");  // nothing is recorded
  open(a, 0);
  append_trial(*a, study, 0);
  a.reset();
  EXPECT_TRUE(contains(message_of_part(part(1), other), "study.seed: 7 there, 8 here"));
  EXPECT_TRUE(contains(message_of(other), "study.seed: 7 there, 8 here"));
  EXPECT_EQ(message_of(other, OpenMode::overwrite), "");
  EXPECT_FALSE(std::filesystem::exists(parts_folder(output)));
}

TEST_F(PartsOfAStudy, ArraysThatAreLostKeepAPartFromFinishing) {
  Store a;
  open(a, 0);
  for (std::uint64_t id = 0; id < study.num_trials(); ++id) run_if_its_own(*a, id);
  std::filesystem::remove(side_file(output, 11, 0));
  EXPECT_THROW(a->write_results(true), StorageError);
  EXPECT_FALSE(std::filesystem::exists(output));
  a.reset();
  open(a, 0);
  EXPECT_FALSE(a->contains(11));
  EXPECT_TRUE(run_if_its_own(*a, 11));
  a->write_results(true);
  a.reset();
  expect_finished();
}

TEST(ClaimedTrials, AreFewWhereTheSearcherLearnsAndManyWhereTrialsAreMany) {
  auto study = make_study("a.h5", 100'000);
  auto const blocks = [&](char const* searcher, std::uint64_t num_points, int num_parts) {
    study.searcher = &SearcherRegistry::instance().at(searcher);
    study.searcher_options = Parameters(study.searcher->options);
    study.num_points = num_points;
    return trials_a_claim(study, num_parts);
  };
  EXPECT_EQ(blocks("tpe", 100'000, 4), 1u);
  EXPECT_EQ(blocks("random", 100, 4), 1u);
  EXPECT_EQ(blocks("random", 100'000, 4), 390u);
  EXPECT_EQ(blocks("random", 100'000'000, 4), 4096u);
}

}  // namespace
}  // namespace engram
