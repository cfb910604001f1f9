#include "jobs/part_journals.hpp"

#include <fcntl.h>

#include <array>
#include <utility>

#include "jobs/part_files.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/run_history.hpp"

namespace engram {
namespace {

/// Of a part's provenance, what its line says.
constexpr std::array part_keys = {"ranks", "hosts", "job_ids", "started", "restarts"};

}  // namespace

bool may_continue(Results const& theirs, Results const& ours, OpenMode mode, bool extensible) {
  auto const match = match_study(theirs, ours);
  return match == StudyMatch::same ||
         (match == StudyMatch::fewer_trials && mode == OpenMode::extend && extensible);
}

PartJournals::PartJournals(std::filesystem::path results, std::vector<int> const& parts,
                           Results const& ours, OpenMode mode, bool extensible)
    : results_(std::move(results)), ours_(ours), mode_(mode), extensible_(extensible) {
  for (int const part : parts) {
    File file;
    file.part = part;
    files_.push_back(std::move(file));
  }
}

void PartJournals::read(IsWanted const& is_wanted, Take const& take) {
  for (auto& file : files_) read(file, is_wanted, take);
}

void PartJournals::read(File& file, IsWanted const& is_wanted, Take const& take) {
  auto const path = part_journal(results_, file.part);
  auto const source_file = static_cast<std::uint16_t>(file.part + 1);
  auto const refuse = [&] { throw other_study(path, file.header, ours_, extensible_); };
  file.scan = scan_further(
      path, file.scan,
      [&](Results const& header) {
        file.header = header;
        file.may_continue = engram::may_continue(header, ours_, mode_, extensible_);
        if (!file.may_continue && lock_is_held(part_lock(results_, file.part))) refuse();
      },
      [&](JournalRecord const& record) {
        if (record.type == RecordType::session)
          provenance_[file.part] = decode_provenance(record.payload);
        if (record.type != RecordType::trial) return;
        if (!file.may_continue) refuse();
        if (!is_wanted(record.trial)) return;
        auto bytes = record.payload;
        take(decode_trial_record(bytes), RowSource::journal(record.offset, source_file));
      });
}

Bytes JournalReader::operator()(RowSource source) {
  auto& opened = opened_[source.file];
  if (!opened.file) {
    opened.path =
        source.file == 0 ? journal_path(results_) : part_journal(results_, source.file - 1);
    opened.file = open_file(opened.path, O_RDONLY);
  }
  return read_payload(opened.file, source.position, opened.path);
}

std::map<std::string, std::string> merged_provenance(
    std::map<std::string, std::string> own,
    std::map<int, std::map<std::string, std::string>> const& of_parts) {
  if (of_parts.empty()) return own;
  std::string hosts, job_ids;
  for (auto const& [part, provenance] : of_parts) {
    std::string line;
    for (std::string const key : part_keys) {
      auto const found = provenance.find(key);
      if (found == provenance.end()) continue;
      line += (line.empty() ? "" : "; ") + key + ": " + found->second;
      if (key == "hosts") add_names(found->second, hosts);
      if (key == "job_ids") add_names(found->second, job_ids);
    }
    own["part_" + std::to_string(part)] = line;
  }
  if (!hosts.empty()) own["hosts"] = hosts;
  if (!job_ids.empty()) own["job_ids"] = job_ids;
  own["parts"] = std::to_string(of_parts.size());
  return own;
}

}  // namespace engram
