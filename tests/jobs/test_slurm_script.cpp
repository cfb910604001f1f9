#include "jobs/slurm_script.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "jobs/client.hpp"
#include "jobs/slurm_settings.hpp"
#include "tests/jobs/refusal.hpp"

namespace engram {
namespace {

SlurmStudy const a_study{.name = "leaks",
                         .program = "/opt/engram/bin/engram",
                         .study = "/home/me/my study.ini",
                         .results = "/home/me/it's.h5",
                         .folder = "/home/me",
                         .overrides = {{"study.seed", "7"}, {"space.x", "uniform(0, $HOME)"}}};

/// No site file of whoever runs the tests.
Invocation call(std::map<std::string, std::string> options = {},
                std::map<std::string, std::string> passed = {}) {
  Invocation invocation;
  options.emplace("site-file", "/dev/null");
  invocation.options = std::move(options);
  invocation.passed = std::move(passed);
  return invocation;
}

std::string script(Invocation const& invocation) {
  return write_slurm_script(a_study, read_slurm_settings(invocation));
}

bool has_line(std::string const& text, std::string const& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

struct SiteFile {
  explicit SiteFile(std::string const& text)
      : path(testing::TempDir() + "engram_site_" + std::to_string(::getpid()) + ".ini") {
    std::ofstream(path) << text;
  }
  ~SiteFile() { std::filesystem::remove(path); }
  std::string path;
};

TEST(SlurmScript, OptionsBecomeLinesOfSbatch) {
  auto const text = script(call({{"nodes", "4"},
                                 {"ntasks-per-node", "16"},
                                 {"cpus-per-task", "2"},
                                 {"time", "12:00:00"},
                                 {"partition", "long"},
                                 {"account", "brain"}},
                                {{"constraint", "skylake|icelake"},
                                 {"comment", "two words"},
                                 {"exclusive", ""},
                                 {"output", "mine.out"}}));
  for (auto const* line :
       {"#!/usr/bin/env bash", "#SBATCH --job-name=leaks", "#SBATCH --nodes=4",
        "#SBATCH --ntasks-per-node=16", "#SBATCH --cpus-per-task=2", "#SBATCH --time=12:00:00",
        "#SBATCH --partition=long", "#SBATCH --account=brain", "#SBATCH --signal=B:USR1@120",
        "#SBATCH --requeue", "#SBATCH --open-mode=append", "#SBATCH --constraint=skylake|icelake",
        "#SBATCH --comment=\"two words\"", "#SBATCH --exclusive", "#SBATCH --output=mine.out",
        "export OMP_NUM_THREADS=2 OMP_PROC_BIND=close OMP_PLACES=cores",
        "export SRUN_CPUS_PER_TASK=2"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text.substr(0, 2000);
  }
  EXPECT_EQ(text.find("--output=%x"), std::string::npos);
  EXPECT_EQ(text.find("#SBATCH --array"), std::string::npos);
  EXPECT_FALSE(has_line(script(call({}, {{"no-requeue", ""}})), "#SBATCH --requeue"));
}

TEST(SlurmScript, WordsKeepTheirMeaning) {
  auto const text = script(call());
  EXPECT_TRUE(has_line(text, "engram=(/opt/engram/bin/engram)"));
  EXPECT_TRUE(has_line(script(call({{"program", "apptainer exec a.sif engram"}})),
                       "engram=(apptainer exec a.sif engram)"));
  EXPECT_TRUE(has_line(text, "study='/home/me/my study.ini'"));
  EXPECT_TRUE(has_line(text, R"(results='/home/me/it'\''s.h5')"));
  EXPECT_TRUE(has_line(text, "overrides=('--study.seed=7' '--space.x=uniform(0, $HOME)')"));
  EXPECT_NE(refusal([] { shell_word("two\nlines"); }), "no error");
}

TEST(SlurmScript, RanksArePlaced) {
  EXPECT_TRUE(has_line(script(call()), "#SBATCH --ntasks-per-node=1"));
  EXPECT_TRUE(has_line(script(call({{"ntasks", "5"}})), "#SBATCH --ntasks=5"));
  EXPECT_FALSE(has_line(script(call({{"ntasks", "5"}})), "#SBATCH --ntasks-per-node=1"));

  auto const gpus = script(call({{"nodes", "2"}, {"gpus-per-node", "4"}}));
  EXPECT_TRUE(has_line(gpus, "#SBATCH --gpus-per-node=4"));
  EXPECT_TRUE(has_line(gpus, "#SBATCH --ntasks-per-node=4"));
  EXPECT_NE(gpus.find("'--gpu-bind=single:1'"), std::string::npos);
  auto const shared = refusal([] {
    script(call({{"gpus-per-node", "4"}, {"ntasks-per-node", "8"}}));
  });
  EXPECT_NE(shared.find("at most one rank a GPU (4 a node), got 8"), std::string::npos) << shared;
}

TEST(SlurmScript, LaunchersDiffer) {
  EXPECT_TRUE(has_line(script(call({{"mpi", "pmi2"}})),
                       "launcher=(srun '--mpi=pmi2' --kill-on-bad-exit '--cpu-bind=cores')"));
  EXPECT_TRUE(has_line(script(call()), "export SLURM_PMIX_FENCE=ring"));
  auto const text = script(call({{"launcher", "mpirun"}, {"cpus-per-task", "8"}}));
  EXPECT_TRUE(
      has_line(text, "launcher=(mpirun -n \"$SLURM_NTASKS\" --bind-to core --map-by 'slot:PE=8')"));
  EXPECT_FALSE(has_line(text, "export SLURM_PMIX_FENCE=ring"));
}

TEST(SlurmScript, ArraysRunParts) {
  auto const text = script(call({{"array", "4"}}));
  EXPECT_TRUE(has_line(text, "#SBATCH --array=0-3"));
  EXPECT_TRUE(has_line(text, "options=(--part \"$SLURM_ARRAY_TASK_ID/4\")"));
}

TEST(SlurmScript, TheWarningIsAQuarterOfAShortAllocation) {
  EXPECT_EQ(read_slurm_settings(call({{"time", "00:01:00"}})).warn_ahead_s, 15);
  EXPECT_EQ(read_slurm_settings(call({{"time", "1"}})).warn_ahead_s, 15);
  EXPECT_EQ(read_slurm_settings(call({{"time", "1-0"}})).warn_ahead_s, 120);
  EXPECT_EQ(read_slurm_settings(call({{"time", "1"}, {"warn-ahead", "30s"}})).warn_ahead_s, 30);
}

TEST(SlurmScript, TimesAreReadAsSbatchDoes) {
  EXPECT_EQ(slurm_seconds("90"), 5400.0);
  EXPECT_EQ(slurm_seconds("2:30"), 150.0);
  EXPECT_EQ(slurm_seconds("01:00:01"), 3601.0);
  EXPECT_EQ(slurm_seconds("2-12"), 216000.0);
  EXPECT_EQ(slurm_seconds("1-1:30"), 91800.0);
  EXPECT_EQ(slurm_seconds("1-1:30:05"), 91805.0);
  for (auto const* text : {"", "UNLIMITED", "1:2:3:4", "-1", "1-", "1:x"})
    EXPECT_EQ(slurm_seconds(text), std::nullopt) << text;
}

TEST(SlurmScript, SiteFileIsWhatTheCommandLineDoesNotSay) {
  SiteFile const site(
      "[slurm]\naccount = brain\npartition = long\nmodules = gcc/12, openmpi/4.1\n"
      "setup = source /opt/spack/env.sh\n[sbatch]\nqos = low\nmail-type = END\n");
  auto const text =
      script(call({{"site-file", site.path}, {"partition", "short"}}, {{"qos", "high"}}));
  for (auto const* line : {"#SBATCH --account=brain", "#SBATCH --partition=short",
                           "#SBATCH --qos=high", "#SBATCH --mail-type=END", "module load gcc/12",
                           "module load openmpi/4.1", "source /opt/spack/env.sh"}) {
    EXPECT_TRUE(has_line(text, line)) << line;
  }
}

TEST(SlurmScript, MistakesAreNamed) {
  auto const refused = [](Invocation const& invocation) {
    return refusal([&] { script(invocation); });
  };
  EXPECT_EQ(refused(call({{"nodes", "few"}})),
            "--nodes: expected an integer in [1, 1000000], got 'few'");
  EXPECT_EQ(refused(call({{"launcher", "aprun"}})),
            "--launcher: expected srun or mpirun, got 'aprun'");
  EXPECT_NE(refused(call({{"account", "a\"b"}})).find("--account: expected text"),
            std::string::npos);
  EXPECT_NE(refused(call({}, {{"Bad", ""}})).find("expected an option of sbatch, got 'Bad'"),
            std::string::npos);
  EXPECT_NE(refused(call({{"site-file", "/nowhere.ini"}})).find("cannot read /nowhere.ini"),
            std::string::npos);
  SiteFile const site("[slurm]\npartitoin = long\n");
  EXPECT_NE(refused(call({{"site-file", site.path}})).find(":2: slurm.partitoin: "),
            std::string::npos);
  EXPECT_NE(refused(call({{"site-file", site.path}})).find("'partition'"), std::string::npos);
}

TEST(SlurmScript, ShellcheckFindsNothing) {
  if (std::system("shellcheck --version >/dev/null 2>&1") != 0) {
    if (std::getenv("CI")) FAIL() << "no shellcheck here";
    GTEST_SKIP() << "no shellcheck here";
  }
  for (auto const* launcher : {"srun", "mpirun"}) {
    auto const text = script(call({{"launcher", launcher},
                                   {"nodes", "2"},
                                   {"gpus-per-node", "4"},
                                   {"cpus-per-task", "2"},
                                   {"array", "3"},
                                   {"modules", "a,b"}}));
    auto const done = run_client({"shellcheck", "-"}, text);
    EXPECT_EQ(done.exit_code, 0) << done.output;
  }
}

TEST(Client, HasItsInputAndAnswersWithOutputAndExitCode) {
  auto const done = run_client({"sh", "-c", "cat; exit 3"}, std::string(100'000, 'x'));
  EXPECT_EQ(done.exit_code, 3);
  EXPECT_EQ(done.output, std::string(100'000, 'x'));
  EXPECT_EQ(run_client({"sh", "-c", "kill -9 $$"}).exit_code, 137);
  EXPECT_NE(refusal([] {
              run_client({"engram-no-such-program"});
            }).find("there is no engram-no-such-program on the PATH"),
            std::string::npos);
}

}  // namespace
}  // namespace engram
