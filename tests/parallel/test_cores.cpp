#include "parallel/cores.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

namespace {

using namespace engram;

CoreSet cores(std::initializer_list<int> numbers) {
  CoreSet set;
  for (int const number : numbers) set.set(number);
  return set;
}

/// A folder that looks like the root of a file system.
class Root {
 public:
  Root() {
    auto pattern = (std::filesystem::temp_directory_path() / "engram-cores-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Root() { std::filesystem::remove_all(path_); }
  Root(Root const&) = delete;
  Root& operator=(Root const&) = delete;

  std::string path() const { return path_.string(); }
  void write(std::string const& name, std::string const& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }

 private:
  std::filesystem::path path_;
};

TEST(Cores, SomeAreUsable) {
  EXPECT_GE(usable_cores().count(), 1u);
}

TEST(Cores, QuotaIsPositiveIfThereIsOne) {
  EXPECT_GT(core_quota().value_or(1.0), 0.0);
}

TEST(Cores, QuotaOfVersion2IsTheSmallestOnTheWayUp) {
  Root const root;
  EXPECT_FALSE(core_quota(root.path()));
  root.write("proc/self/cgroup", "0::/slurm/job/step\n");
  EXPECT_FALSE(core_quota(root.path()));
  root.write("sys/fs/cgroup/slurm/job/step/cpu.max", "max 100000\n");
  EXPECT_FALSE(core_quota(root.path()));
  root.write("sys/fs/cgroup/slurm/job/cpu.max", "250000 100000\n");
  EXPECT_EQ(core_quota(root.path()), 2.5);
  root.write("sys/fs/cgroup/cpu.max", "400000 100000\n");
  EXPECT_EQ(core_quota(root.path()), 2.5);
  root.write("sys/fs/cgroup/slurm/cpu.max", "50000 100000\n");
  EXPECT_EQ(core_quota(root.path()), 0.5);
}

TEST(Cores, QuotaOfVersion1IsTheCpuControllers) {
  Root const root;
  root.write("proc/self/cgroup", "12:cpuset:/a\nnonsense\n4:cpu,cpuacct:/a\n3:cpu:\n");
  root.write("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "-1\n");
  root.write("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
  EXPECT_FALSE(core_quota(root.path()));
  root.write("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "150000\n");
  EXPECT_EQ(core_quota(root.path()), 1.5);
  root.write("sys/fs/cgroup/cpu.max", "50000 100000\n");  // of version 2
  EXPECT_EQ(core_quota(root.path()), 1.5);
}

TEST(Cores, UnboundRanksShare) {
  std::vector<CoreSet> const ranks(3, cores({0, 1, 2, 3, 4, 5, 6}));
  for (int i_rank = 0; i_rank < 3; ++i_rank) EXPECT_EQ(core_share(ranks, i_rank), 2);
  EXPECT_EQ(num_cores(ranks), 7);
}

TEST(Cores, BoundRanksKeepTheirOwn) {
  std::vector<CoreSet> const ranks = {cores({0, 1, 2}), cores({64, 8191})};
  EXPECT_EQ(core_share(ranks, 0), 3);
  EXPECT_EQ(core_share(ranks, 1), 2);
  EXPECT_EQ(num_cores(ranks), 5);
}

TEST(Cores, OverlappingRanksShareTheOverlap) {
  std::vector<CoreSet> const ranks = {cores({0, 1, 2, 3}), cores({2, 3})};
  EXPECT_EQ(core_share(ranks, 0), 3);
  EXPECT_EQ(core_share(ranks, 1), 1);
}

TEST(Cores, ThirdsAddUpToWholeCores) {
  std::vector<CoreSet> const ranks(3, cores({0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(core_share(ranks, 0), 2);
}

TEST(Cores, ARankHasAtLeastOne) {
  std::vector<CoreSet> const ranks(4, cores({0, 1}));
  EXPECT_EQ(core_share(ranks, 3), 1);
  EXPECT_EQ(num_cores(ranks), 2);
}

}  // namespace
