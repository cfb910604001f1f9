#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "experiments/experiment.hpp"
#include "jobs/results_file.hpp"

namespace engram {

// A trial that ends its process (a segmentation fault, or the system for want of memory) ends all
// ranks with it, and the next run would meet it again. So each rank says in a page of a file what
// it evaluates: the page outlives the process, however that ends, and costs no more than memory.

/// The page of one rank, of a part of the study if it is run in parts. Without a file, on a full
/// disk, it does nothing.
class RunningMark {
 public:
  RunningMark(std::filesystem::path const& results, int rank, std::optional<int> part = {});
  /// Removes the file: this rank ended in good order.
  ~RunningMark();
  RunningMark(RunningMark const&) = delete;
  RunningMark& operator=(RunningMark const&) = delete;

  /// These trials are evaluated from now on; none: nothing is.
  void set(std::span<Trial const> trials);

 private:
  struct Page;

  std::filesystem::path path_;
  Page* page_ = nullptr;
};

/// Of all ranks that evaluate something, by rank. After a run that was killed, what its ranks
/// evaluated then.
std::vector<RunningTrials> read_running(std::filesystem::path const& results);

/// How many processes each trial has ended, by what earlier runs have left; a trial with 0 was in a
/// batch one of which did. Counts what the last run has left, for good. A rank's end counts if it
/// was a fatal signal, or if that rank was the only one that had not been told to end before, as
/// ranks are when another has died; and if the trial saved no state in that run. On rank 0, before
/// there are marks of this run. With `part`, what the last run of that part has left. Throws
/// StorageError.
std::map<std::uint64_t, int> count_crashes(std::filesystem::path const& results,
                                           std::optional<int> part = {});

/// Throws StorageError.
void remove_crashes(std::filesystem::path const& results);

}  // namespace engram
