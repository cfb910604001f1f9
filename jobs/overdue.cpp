#include "jobs/overdue.hpp"

#include <algorithm>
#include <string>

#include "jobs/file_system.hpp"
#include "jobs/journal.hpp"
#include "jobs/results_schema.hpp"

namespace engram {
namespace {

std::string prefix_of(std::filesystem::path const& results) {
  return results.filename().string() + ".overdue-";
}

std::filesystem::path overdue_path(std::filesystem::path const& results, std::uint64_t trial) {
  return folder_of(results) / (prefix_of(results) + std::to_string(trial));
}

/// Temporary ones included.
std::vector<std::filesystem::path> overdue_files(std::filesystem::path const& results) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;
  for (auto const& entry : std::filesystem::directory_iterator(folder_of(results), ignored)) {
    if (entry.path().filename().string().starts_with(prefix_of(results))) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

// A journal of its own: it has a header that says whose the trials are, and checksums.
void write_overdue(std::filesystem::path const& results, Results const& header,
                   std::span<TrialRecord const> trials) {
  auto const path = overdue_path(results, trials.front().id);
  auto const temporary = temporary_path(path);
  {
    auto journal = Journal::create(temporary, header);
    for (auto const& trial : trials) journal.append(trial);
    journal.sync();
  }
  publish_file(temporary, path);
}

OverdueTrials read_overdue(std::filesystem::path const& results, Results const& header) {
  OverdueTrials overdue;
  for (auto const& file : overdue_files(results)) {
    // What a rank was ended in the midst of has ".tmp-" behind the number.
    if (file.extension().string().starts_with(".tmp-")) continue;
    bool is_ours = false;
    std::vector<TrialRecord> trials;
    scan_journal(
        file,
        [&](Results const& theirs) {
          is_ours =
              match_study(theirs, header) != StudyMatch::different && same_columns(theirs, header);
        },
        [&](JournalRecord const& record) {
          auto bytes = record.payload;
          trials.push_back(decode_trial_record(bytes));
        });
    if (!is_ours) continue;
    if (trials.size() == 1) {
      overdue.records.push_back(std::move(trials.front()));
    } else {
      for (auto const& trial : trials) overdue.suspects.insert(trial.id);
    }
  }
  return overdue;
}

void remove_overdue(std::filesystem::path const& results) {
  for (auto const& file : overdue_files(results)) remove_file(file);
}

void remove_overdue(std::filesystem::path const& results, std::span<TrialRecord const> trials) {
  for (auto const& trial : trials) remove_file(overdue_path(results, trial.id));
}

}  // namespace engram
