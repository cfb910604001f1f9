#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <unordered_map>
#include <vector>

#include "jobs/part.hpp"

namespace engram {

// The parts of a study share a folder beside the results file, which goes when the study is
// finished: of each part a journal and a lock, the plan that all have agreed on, and a claim for
// each block of trials that a part has taken. Plan and claims are symbolic links to a text that is
// no file: a link is made whole or not at all, by one process only, on network file systems, too.

std::filesystem::path parts_folder(std::filesystem::path const& results);
std::filesystem::path part_journal(std::filesystem::path const& results, int part);
std::filesystem::path part_lock(std::filesystem::path const& results, int part);

/// The parts that have journals, in order; none: the study is not run in parts.
std::vector<int> parts_with_journals(std::filesystem::path const& results);

/// A part that runs, as far as locks tell.
std::optional<int> running_part(std::filesystem::path const& results);

/// Whether the study runs, as a whole or in parts, as far as locks tell.
bool study_runs(std::filesystem::path const& results);

/// Removes the folder, for everyone at once: it loses its name before its files. Nothing happens if
/// there is none. Throws StorageError.
void remove_parts(std::filesystem::path const& results);

/// What the parts have agreed on, which is what the first of them proposes. Throws UserError if it
/// is another number of parts, StorageError.
Part agree_on_plan(std::filesystem::path const& results, Part const& proposed);

/// Who runs which block of consecutive trials. A claim is for good: a part that is killed and run
/// again finds its own.
class Claims {
 public:
  Claims(std::filesystem::path const& results, Part const& part);

  /// The part that has claimed the block of the trial; this part claims it if none has. Throws
  /// StorageError; std::nullopt: the folder has gone.
  std::optional<int> claim(std::uint64_t trial);

  /// As far as this process knows, or the claim says.
  std::optional<int> owner(std::uint64_t trial);

 private:
  std::filesystem::path folder_;
  Part part_;
  std::unordered_map<std::uint64_t, int> owners_;  ///< by block
};

}  // namespace engram
