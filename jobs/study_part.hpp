#pragma once

// Private to the results store's .cpp files.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "jobs/file_system.hpp"
#include "jobs/journal.hpp"
#include "jobs/part_files.hpp"
#include "jobs/part_journals.hpp"
#include "jobs/results_found.hpp"

namespace engram {

/// The lock of a run: of the study, or of a part of it, whose folder is created. Throws UserError
/// if the part runs already, or the study is run otherwise.
LockFile lock_study(std::filesystem::path const& results, std::optional<Part> const& part);

/// Thrown where a part finds that another has finished the study.
struct StudyIsFinished {};

/// One part's view of the study and its other parts. Nothing but its own journal, its claims and,
/// if all trials are recorded, the finished results file is written.
class StudyPart {
 public:
  StudyPart(std::filesystem::path results, Part part);

  /// Of the results file, the study's journal and those of all parts. Changes nothing on disk.
  FoundResults find(Results const& ours, bool extensible);

  /// The part's own. Throws UserError if the study is run in another number of parts.
  Journal open_journal(Results const& ours);

  Part const& part() const { return part_; }
  std::uint16_t source_file() const { return static_cast<std::uint16_t>(part_.index + 1); }
  std::uint64_t num_damaged() const { return own_.num_damaged; }

  /// Whether the trial is this part's, which claims it if none has. Throws StorageError.
  bool claim(std::uint64_t trial);
  bool owns(std::uint64_t trial) { return claims_->owner(trial) == part_.index; }
  /// Whether the part that has claimed the trial runs, as far as locks tell.
  bool owner_runs(std::uint64_t trial);

  PartJournals& others() { return *others_; }

  /// Whether another part has finished the study since `find`. Throws StorageError if the results
  /// file has changed otherwise.
  bool is_finished_elsewhere();

 private:
  std::filesystem::path results_;
  Part part_;
  FileIdentity file_;  ///< of the results file that was read
  JournalScan own_;
  std::optional<PartJournals> others_;
  std::optional<Claims> claims_;
  std::uint64_t checked_block_ = ~std::uint64_t{0};
  bool is_finished_elsewhere_ = false;
};

}  // namespace engram
