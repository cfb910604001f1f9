#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <optional>
#include <span>

#include "jobs/file_system.hpp"
#include "jobs/results_file.hpp"
#include "jobs/trial_record.hpp"

namespace engram {

/// What a journal's records say; unknown types are a newer version's.
enum class RecordType : std::uint32_t {
  trial = 1,    ///< an encoded TrialRecord; the first of a trial counts
  forget = 2,   ///< all trials recorded so far that are not complete are to be run again
  study = 3,    ///< an encoded header that replaces the present one (--extend)
  session = 4,  ///< a process opened the journal: its provenance
};

struct JournalRecord {
  RecordType type = RecordType::trial;
  std::uint64_t trial = 0;
  std::uint32_t attempt = 0;
  std::span<std::byte const> payload;  ///< valid during the visit
  std::uint64_t offset = 0;            ///< of the record in the file, for Journal::read
};

struct JournalScan {
  bool has_header = false;        ///< false: no journal, or torn while it was created
  std::uint64_t end = 0;          ///< behind the last whole record
  std::uint64_t num_damaged = 0;  ///< places inside that hold no whole record and were passed over
  std::uint64_t num_torn = 0;     ///< bytes behind `end`
  std::uint64_t intact_end = 0;   ///< behind the last whole record before any damage
  std::uint64_t file_size = 0;
};

/// Visits the header and the whole records of a journal in order and never writes. Damage, however
/// long, is passed over if a whole record follows it; what follows the last one is a torn tail, as
/// a kill leaves it. Throws UserError for a file that is no journal, or one of a newer version.
JournalScan scan_journal(std::filesystem::path const& path,
                         std::function<void(Results const&)> const& on_header,
                         std::function<void(JournalRecord const&)> const& on_record);

/// Goes on with a scan of a journal that another process appends to, behind `last.intact_end`: what
/// is torn now may be whole next time. Begins anew, with the header, if the file is not the one of
/// that scan; then records are visited again. Throws UserError as `scan_journal` does.
JournalScan scan_further(std::filesystem::path const& path, JournalScan const& last,
                         std::function<void(Results const&)> const& on_header,
                         std::function<void(JournalRecord const&)> const& on_record);

/// The payload of the record at `offset`. Throws StorageError if it is damaged.
Bytes read_payload(FileDescriptor const& file, std::uint64_t offset,
                   std::filesystem::path const& path);

/// Append-only file, the truth about a running study: a header, then records
/// (u64 length, u64 trial, u32 type, u32 attempt, payload, u32 CRC-32C of all before).
///
/// Appends go to a buffer; `flush` hands it to the kernel (safe from a killed process), `sync` to
/// the disk (safe from a killed node). After a failed write nothing is lost: the buffer stays, and
/// the next flush writes the same bytes at the same place. After a failed sync every later one
/// fails: the kernel reports an error once and may have dropped what it could not write.
class Journal {
 public:
  /// A new file, durable with its header. Throws StorageError.
  static Journal create(std::filesystem::path path, Results const& header);
  /// Cuts the file at `end` and appends from there. Throws StorageError.
  static Journal open(std::filesystem::path path, std::uint64_t end);

  Journal(Journal&&) = default;
  Journal& operator=(Journal&&) = delete;
  /// Flushes as far as possible.
  ~Journal();

  /// Both return the record's offset.
  std::uint64_t append(TrialRecord const& record);
  std::uint64_t append(RecordType type, std::span<std::byte const> payload);

  void flush();
  void sync();

  /// If the file was removed, writes it again, from what its descriptor still has; true then.
  /// Throws StorageError.
  bool restore_if_removed();

  /// Flushes, and syncs on a helper thread if something is unsynced and the last sync began more
  /// than a second ago: with slow disks a sync takes long, and the caller serves other ranks.
  /// Throws StorageError if an earlier sync failed.
  void sync_when_due();

  /// The payload of the record at `offset`. Throws StorageError if it is damaged.
  Bytes read(std::uint64_t offset);

 private:
  using Clock = std::chrono::steady_clock;

  Journal(std::filesystem::path path, FileDescriptor file, std::uint64_t end);
  std::size_t begin_record(RecordType type, std::uint64_t trial, std::uint32_t attempt);
  std::uint64_t end_record(std::size_t start);
  void take_background_sync();
  void check_syncs() const;

  std::filesystem::path path_;
  FileDescriptor file_;
  std::uint64_t end_ = 0;  ///< of the file, without the buffer
  Bytes buffer_;
  bool unsynced_ = false;
  int sync_error_ = 0;  ///< errno of the first failed sync
  Clock::time_point last_sync_;
  std::future<int> background_sync_;  ///< errno of an fdatasync
};

}  // namespace engram
