#include "jobs/command_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <sstream>

#include "analysis/format.hpp"
#include "experiments/experiment.hpp"
#include "jobs/command.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/searcher.hpp"
#include "jobs/study.hpp"
#include "tests/jobs/captured.hpp"

namespace engram {
namespace {

struct Result {
  int exit_code = 0;
  std::string out, error;
};

Result call(std::vector<std::string> words) {
  words.insert(words.begin(), "engram");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Captured const out(std::cout), error(std::cerr);
  int const exit_code = command_line(static_cast<int>(words.size()), argv.data());
  return {exit_code, out.text(), error.text()};
}

bool contains(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

TEST(CommandLine, HelpListsAllCommandsAndExitCodes) {
  auto const result = call({"--help"});
  EXPECT_EQ(result.exit_code, exit_complete);
  for (auto const& command : all_commands()) EXPECT_TRUE(contains(result.out, command.name));
  EXPECT_TRUE(contains(result.out, "Exit codes"));
}

TEST(CommandLine, EveryCommandHasHelpWithItsOptionsAndExitCodes) {
  for (auto const& command : all_commands()) {
    for (auto const* flag : {"--help", "-h"}) {
      auto const result = call({command.name, flag});
      EXPECT_EQ(result.exit_code, exit_complete) << command.name;
      EXPECT_TRUE(contains(result.out, "Usage: engram " + command.name));
      EXPECT_TRUE(contains(result.out, "Exit codes"));
      for (auto const& option : command.options) {
        EXPECT_TRUE(contains(result.out, "--" + option.name)) << command.name;
        EXPECT_FALSE(option.meaning.empty());
      }
    }
  }
}

TEST(CommandLine, HelpKeepsWithin100Columns) {
  for (auto const& command : all_commands()) {
    std::istringstream lines(call({command.name, "--help"}).out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 100u) << line;
  }
}

TEST(CommandLine, HelpOfRunExplainsTheKeysOfAStudy) {
  auto const help = call({"run", "--help"}).out;
  for (auto const& key : study_keys()) {
    EXPECT_TRUE(contains(help, "\n  " + key.name + " ")) << key.name;
    EXPECT_TRUE(contains(help, key.meaning.substr(0, 20))) << key.name;
    EXPECT_TRUE(contains(call({"completion", "bash"}).out, " --study." + key.name)) << key.name;
  }
  EXPECT_FALSE(contains(call({"report", "--help"}).out, "time_limit"));
}

TEST(CommandLine, UnknownCommandNamesTheNearest) {
  auto const result = call({"rnu"});
  EXPECT_EQ(result.exit_code, exit_user_error);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(call({"exprt"}).error,
            "engram: there is no command 'exprt'; did you mean 'export'?; engram --help lists "
            "all\n");
}

TEST(CommandLine, NoCommandIsAnError) {
  EXPECT_EQ(call({}).exit_code, exit_user_error);
}

TEST(CommandLine, UnknownOptionNamesTheNearest) {
  auto const result = call({"run", "a.ini", "--overwrit"});
  EXPECT_EQ(result.exit_code, exit_user_error);
  EXPECT_TRUE(contains(result.error, "'--overwrite'")) << result.error;
}

TEST(CommandLine, OptionsAreNotAbbreviated) {
  EXPECT_EQ(call({"list", "--search"}).exit_code, exit_user_error);
}

TEST(CommandLine, ArgumentsAreCounted) {
  auto const missing = call({"report"});
  EXPECT_EQ(missing.exit_code, exit_user_error);
  EXPECT_TRUE(contains(missing.error, "RESULTS.h5 is missing")) << missing.error;
  auto const many = call({"report", "a.h5", "b.h5"});
  EXPECT_EQ(many.exit_code, exit_user_error);
  EXPECT_TRUE(contains(many.error, "'b.h5'")) << many.error;
}

TEST(CommandLine, ErrorsAreOneLine) {
  for (auto const& words :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"run"},
                                             {"run", "a.ini", "--study.seed"},
                                             {"run", "a.ini", "--threads", "many"},
                                             {"run", "a.ini", "--overwrite", "--extend"},
                                             {"describe", "nonsense"},
                                             {"status", "/nonexistent/a.h5"},
                                             {"report", "/nonexistent/a.h5"},
                                             {"report", "/nonexistent/a.h5", "--top"},
                                             {"export", "/nonexistent/a.h5", "--format", "xml"},
                                             {"completion", "zsh"}}) {
    auto const result = call(words);
    EXPECT_EQ(result.exit_code, exit_user_error) << testing::PrintToString(words);
    EXPECT_TRUE(result.error.starts_with("engram: ")) << result.error;
    EXPECT_EQ(std::ranges::count(result.error, '\n'), 1) << result.error;
    EXPECT_EQ(result.out, "");
  }
}

TEST(CommandLine, ListNamesEveryExperimentAndSearcher) {
  auto const experiments = call({"list"});
  EXPECT_EQ(experiments.exit_code, exit_complete);
  for (auto const* experiment : ExperimentRegistry::instance().sorted()) {
    EXPECT_TRUE(contains(experiments.out, std::string(experiment->name())));
  }
  auto const searchers = call({"list", "--searchers"});
  for (auto const* searcher : SearcherRegistry::instance().sorted()) {
    EXPECT_TRUE(contains(searchers.out, searcher->name));
  }
  EXPECT_FALSE(contains(searchers.out, "no_op"));
}

TEST(CommandLine, DescribeShowsParametersAndMetrics) {
  for (auto const* experiment : ExperimentRegistry::instance().sorted()) {
    auto const result = call({"describe", std::string(experiment->name())});
    EXPECT_EQ(contains(result.out, "save states"), experiment->saves_states());
    EXPECT_EQ(result.exit_code, exit_complete);
    for (auto const& spec : experiment->parameters()) {
      EXPECT_TRUE(contains(result.out, "  " + spec.name + " = ")) << spec.name;
    }
    for (auto const& metric : experiment->metrics(Parameters(experiment->parameters()))) {
      EXPECT_TRUE(contains(result.out, "  " + metric.name)) << metric.name;
    }
  }
  EXPECT_TRUE(contains(call({"describe", "no_oop"}).error, "'no_op'"));
}

TEST(CommandLine, DescribeShowsSearchers) {
  for (auto const* searcher : SearcherRegistry::instance().sorted()) {
    auto const result = call({"describe", searcher->name});
    EXPECT_EQ(result.exit_code, exit_complete);
    for (auto const& option : searcher->options) EXPECT_TRUE(contains(result.out, option.name));
  }
}

TEST(CommandLine, VersionIsTheSameByCommandAndByOption) {
  EXPECT_TRUE(call({"version"}).out.starts_with("engram "));
  EXPECT_EQ(call({"version"}).out, call({"--version"}).out);
}

TEST(CommandLine, CompletionKnowsCommandsOptionsAndNames) {
  auto const script = call({"completion", "bash"}).out;
  for (auto const& command : all_commands()) {
    EXPECT_TRUE(contains(script, "    " + command.name + ")")) << command.name;
    for (auto const& option : command.options) EXPECT_TRUE(contains(script, "--" + option.name));
  }
  EXPECT_TRUE(contains(script, "no_op"));
  EXPECT_TRUE(contains(script, "complete -F _engram engram"));
}

TEST(Wrapped, BreaksBetweenWordsAndIndents) {
  EXPECT_EQ(wrapped("one two three", 2, 9), "  one two\n  three\n");
  EXPECT_EQ(wrapped("unbreakable", 0, 4), "unbreakable\n");
  EXPECT_EQ(wrapped("", 4), "");
}

}  // namespace
}  // namespace engram
