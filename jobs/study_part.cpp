#include "jobs/study_part.hpp"

#include <utility>

#include "jobs/in_use_error.hpp"
#include "jobs/results_reader.hpp"
#include "jobs/results_schema.hpp"

namespace engram {
namespace {

LockFile lock_part(std::filesystem::path const& results, Part const& part) {
  auto const text = "part " + std::to_string(part.index) + "/" + std::to_string(part.count) +
                    " of " + results.string();
  constexpr int most_tries = 10;
  for (int tries = 1;; ++tries) {
    create_folder(parts_folder(results));
    try {
      return {part_lock(results, part.index), text};
    } catch (StorageError const&) {
      // Another part may have finished the study and removed the folder.
      std::error_code ignored;
      if (tries == most_tries || std::filesystem::exists(parts_folder(results), ignored)) throw;
    }
  }
}

std::vector<int> all_but(int own, int count) {
  std::vector<int> others;
  for (int part = 0; part < count; ++part)
    if (part != own) others.push_back(part);
  return others;
}

}  // namespace

LockFile lock_study(std::filesystem::path const& results, std::optional<Part> const& part) {
  // Each takes its own lock before it looks at the other's, so that one of two sees the other.
  if (part) {
    auto lock = lock_part(results, *part);
    if (lock_is_held(lock_path(results)))
      throw InUseError(results.string() +
                       " is in use by a run of the whole study; wait until it ends, or leave the "
                       "study to it");
    return lock;
  }
  LockFile lock(lock_path(results), results);
  if (auto const running = running_part(results))
    throw InUseError(results.string() + " is in use by part " + std::to_string(*running) +
                     " of the study; wait until all parts have ended, or run one with --part");
  return lock;
}

StudyPart::StudyPart(std::filesystem::path results, Part part)
    : results_(std::move(results)), part_(part) {}

FoundResults StudyPart::find(Results const& ours, bool extensible) {
  while (true) {
    file_ = file_identity(results_);
    auto found = find_results(results_, ours, OpenMode::create_or_continue, extensible);
    auto const take = [&](TrialRecord const& trial, RowSource source) {
      take_trial(trial, source, results_, found);
    };
    std::map<std::string, std::string> last_provenance;
    auto const own = part_journal(results_, part_.index);
    std::optional<Results> header;
    bool may_continue = true;
    own_ = scan_journal(
        own,
        [&](Results const& theirs) {
          header = theirs;
          may_continue =
              engram::may_continue(theirs, ours, OpenMode::create_or_continue, extensible);
        },
        [&](JournalRecord const& record) {
          if (record.type == RecordType::session)
            last_provenance = decode_provenance(record.payload);
          if (record.type != RecordType::trial) return;
          if (!may_continue) throw other_study(own, *header, ours, extensible);
          auto bytes = record.payload;
          take(decode_trial_record(bytes), RowSource::journal(record.offset, source_file()));
        });
    if (!may_continue) own_.has_header = false;  // and no rows: it is begun anew
    others_.emplace(results_, all_but(part_.index, part_.count), ours, OpenMode::create_or_continue,
                    extensible);
    others_->read([](std::uint64_t) { return true; }, take);
    found.last_provenance = std::move(last_provenance);
    if (file_identity(results_) == file_) return found;
  }
}

Journal StudyPart::open_journal(Results const& ours) {
  part_ = agree_on_plan(results_, part_);
  claims_.emplace(results_, part_);
  auto const path = part_journal(results_, part_.index);
  return own_.has_header ? Journal::open(path, own_.end) : Journal::create(path, ours);
}

bool StudyPart::claim(std::uint64_t trial) {
  auto const owner = claims_->claim(trial);
  if (!owner && !is_finished_elsewhere())
    throw_storage_error("claim trials in", parts_folder(results_), ENOENT);
  if (!owner || *owner != part_.index) return false;
  // Where claims have been removed, they can be made again.
  if (auto const block = trial / part_.block; block != checked_block_) {
    checked_block_ = block;
    return !is_finished_elsewhere();
  }
  return !is_finished_elsewhere_;
}

bool StudyPart::owner_runs(std::uint64_t trial) {
  auto const owner = claims_->owner(trial);
  return owner && (*owner == part_.index || lock_is_held(part_lock(results_, *owner)));
}

bool StudyPart::is_finished_elsewhere() {
  if (is_finished_elsewhere_ || file_identity(results_) == file_) return is_finished_elsewhere_;
  auto const file = read_results_file(results_);
  if (!file || !file->finished)
    throw StorageError(results_.string() +
                       " was changed by another run; run the same command again to continue");
  return is_finished_elsewhere_ = true;
}

}  // namespace engram
