#pragma once

// Private to the results store's .cpp files.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "jobs/file_system.hpp"
#include "jobs/journal.hpp"
#include "jobs/results_store.hpp"
#include "jobs/trial_table.hpp"

namespace engram {

/// Whether a run in this mode may go on with what was found.
/// @param extensible  the study's points do not depend on how many there are
bool may_continue(Results const& theirs, Results const& ours, OpenMode mode, bool extensible);

/// The journals of a study's parts as another process reads them while they grow.
class PartJournals {
 public:
  /// @param ours  the study: only its rowless part is used
  PartJournals(std::filesystem::path results, std::vector<int> const& parts, Results const& ours,
               OpenMode mode, bool extensible);

  using IsWanted = std::function<bool(std::uint64_t trial)>;
  using Take = std::function<void(TrialRecord const&, RowSource)>;

  /// Visits the wanted ones of the trials that were recorded since the last call, some of them
  /// again. Throws UserError if a part records another study, or runs one.
  void read(IsWanted const& is_wanted, Take const& take);

  /// Provenance of the parts that were found, by part.
  std::map<int, std::map<std::string, std::string>> const& provenance() const {
    return provenance_;
  }

 private:
  struct File {
    int part = 0;
    JournalScan scan;
    Results header;
    bool may_continue = true;
  };

  void read(File& file, IsWanted const& is_wanted, Take const& take);

  std::filesystem::path results_;
  Results ours_;
  OpenMode mode_;
  bool extensible_;
  std::vector<File> files_;
  std::map<int, std::map<std::string, std::string>> provenance_;
};

/// Reads back records of the study's journal and of those of its parts.
class JournalReader {
 public:
  explicit JournalReader(std::filesystem::path results) : results_(std::move(results)) {}

  /// Throws StorageError.
  Bytes operator()(RowSource source);

 private:
  struct Opened {
    std::filesystem::path path;
    FileDescriptor file;
  };
  std::filesystem::path results_;
  std::map<std::uint16_t, Opened> opened_;
};

/// What the results file of a study says that was run in parts: what they have in common, all
/// nodes, and a line for each part.
std::map<std::string, std::string> merged_provenance(
    std::map<std::string, std::string> own,
    std::map<int, std::map<std::string, std::string>> const& of_parts);

}  // namespace engram
