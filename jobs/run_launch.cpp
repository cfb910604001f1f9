#include "jobs/run_launch.hpp"

#include <cstdlib>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "core/error.hpp"
#include "jobs/supervisor.hpp"

namespace engram {
namespace {

/// The words that start a program on the ranks that were asked for, by ENGRAM_MPIEXEC or mpiexec.
std::vector<std::string> launcher(Invocation const& call) {
  if (!call.has("ranks")) return {};
  char const* const chosen = std::getenv("ENGRAM_MPIEXEC");
  std::vector<std::string> words{chosen && *chosen ? chosen : "mpiexec"};
  if (call.has("survive-rank-loss")) words.emplace_back("--enable-recovery");
  words.emplace_back("-n");
  words.push_back(std::to_string(call.integer("ranks", 1, 1'000'000, 1)));
  return words;
}

}  // namespace

int launch_run(Invocation const& call) {
  if (is_launched())
    throw UserError(
        "--ranks and --restarts start mpiexec by themselves: give the number of ranks with --ranks "
        "instead of to mpiexec");
  auto first = launcher(call);
  first.push_back(this_program(call).string());
  auto again = first;
  std::set<std::string> const own = {"--ranks", "--restarts"};
  std::set<std::string> const once = {"--overwrite", "--retry-failed", "--extend"};
  for (int i = 1; i < *call.argc; ++i) {
    std::string const word = (*call.argv)[i];
    auto const name = word.substr(0, word.find('='));
    if (own.contains(name)) {
      if (name == word) ++i;  // its value
      continue;
    }
    first.push_back(word);
    if (!once.contains(name)) again.push_back(word);
  }
  return run_supervised(first, again, call.integer("restarts", 0, 1'000'000, 0));
}

std::filesystem::path this_program(Invocation const& call) {
  std::error_code error;
  auto const path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path(**call.argv) : path;
}

bool is_launched() {
  for (auto const* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"})
    if (std::getenv(name)) return true;
  return false;
}

}  // namespace engram
