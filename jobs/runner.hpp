#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/communicator.hpp"
#include "jobs/progress.hpp"
#include "jobs/results_store.hpp"
#include "jobs/signals.hpp"
#include "jobs/study.hpp"

namespace engram {

struct RunOptions {
  OpenMode mode = OpenMode::create_or_continue;
  bool retry_failed = false;      ///< trials that failed in an earlier run are run again
  std::optional<Part> part = {};  ///< this run is one of several; its blocks are chosen by the run
  StopLimits limits = {};
  /// Goes on without ranks of which nothing is heard; nothing collective is called from then on, so
  /// that the process has to end without MPI_Finalize.
  bool survives_rank_loss = false;
  std::function<void()> on_begin = {};  ///< called when all ranks are about to work
  bool quiet = false;                   ///< errors and failures only
  ProgressStyle progress = ProgressStyle::lines;
  std::map<std::string, std::string> provenance = {};
};

/// Runs what is missing of a study on all ranks and writes its results file. Collective; the study
/// is the same on all ranks. Returns the exit code, the same on all ranks. Messages, progress and
/// the summary come from rank 0.
///
/// @param hosts  the node of each rank
/// @throws UserError, StorageError  on all ranks: the results file is foreign, in use, …
int run_study(Communicator const& world, Study const& study, std::vector<std::string> const& hosts,
              RunOptions const& options);

/// Calls `step` on every rank. If it throws a UserError or StorageError on any, all ranks throw the
/// error of the first of them. Collective.
void on_all_ranks(Communicator const& world, std::function<void()> const& step);

/// The texts of all ranks in rank order, on all ranks. Collective.
std::vector<std::string> gather_texts(Communicator const& world, std::string const& text);

}  // namespace engram
