#pragma once

// Private to the results store's .cpp files.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/file_system.hpp"
#include "jobs/journal.hpp"
#include "jobs/part_journals.hpp"
#include "jobs/results_found.hpp"
#include "jobs/results_store.hpp"
#include "jobs/study_part.hpp"
#include "jobs/trial_table.hpp"
#include "jobs/write_schedule.hpp"

namespace engram {

using Provenance = std::map<std::string, std::string>;

struct ResultsStore::State {
  State(std::filesystem::path const& output, Results const& ours, OpenMode mode, bool extensible,
        Provenance provenance, std::optional<Part> const& as_part);

  FoundResults find(Results const& ours, OpenMode mode, bool extensible);
  void open_journals(Results const& ours, OpenMode mode, bool extensible);
  std::vector<std::uint64_t> take_in();
  /// Records the trials that the last run ended over; returns them.
  std::vector<TrialRecord> record_overdue(Results const& ours);
  void warn_of_what_was_found();

  Journal& open_journal_or_throw();
  RowSource in_own_journal(std::uint64_t offset) const;
  double seconds() const;

  void tick();
  void write(bool final);
  /// Only once all trials are recorded, by whatever part.
  void finish_parts();
  /// Returns how many arrays were left out.
  std::size_t write_file(std::vector<std::uint32_t> const& order);
  /// Of what is needed no more once the results file has everything.
  void clear_up();
  /// While the journal is there, the next run knows which trials to run again.
  StorageError unfinished(std::size_t num_lost) const;

  /// Goes again if nothing is in it.
  struct FolderOfParts {
    std::filesystem::path path;
    ~FolderOfParts();
  };

  std::filesystem::path path;
  FolderOfParts folder_of_parts;
  LockFile lock;
  std::unique_ptr<StudyPart> part;
  FoundResults found;
  TrialTable& table;
  std::optional<Journal> journal;
  std::vector<std::string> warnings;
  std::set<std::uint64_t> suspects;
  std::string stopped_by;
  std::optional<std::ptrdiff_t> objective;
  WriteSchedule schedule;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

}  // namespace engram
