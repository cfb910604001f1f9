#include "jobs/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "core/error.hpp"
#include "jobs/byte_stream.hpp"
#include "jobs/crc32c.hpp"
#include "jobs/results_schema.hpp"

namespace engram {
namespace {

constexpr std::string_view magic = "ENGRAMJ\n";
constexpr std::size_t header_head_size = 8 + 4 + 8;      // magic, version, length
constexpr std::size_t record_head_size = 8 + 8 + 4 + 4;  // length, trial, type, attempt
constexpr std::size_t crc_size = 4;
constexpr std::size_t buffer_size = std::size_t(1) << 18;

template <class T>
T number_at(std::span<std::byte const> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

bool crc_is_right(std::span<std::byte const> frame) {
  auto const body = frame.first(frame.size() - crc_size);
  return crc32c(body) == number_at<std::uint32_t>(frame, body.size());
}

/// A window on a file that moves forward in large steps.
class FileWindow {
 public:
  FileWindow(FileDescriptor const& file, std::filesystem::path const& path)
      : file_(file), path_(path), file_size_(engram::file_size(file, path)) {}

  std::uint64_t file_size() const { return file_size_; }

  /// Empty if the file ends before offset + size. Valid until the next call.
  std::span<std::byte const> at(std::uint64_t offset, std::uint64_t size) {
    if (size > file_size_ || offset > file_size_ - size) return {};
    if (offset < start_ || offset + size > start_ + length_) {
      auto const step =
          std::min<std::uint64_t>(file_size_ - offset, std::max<std::uint64_t>(size, 1u << 20));
      window_.resize(static_cast<std::size_t>(step));
      length_ = read_at(file_, window_, offset, path_);
      start_ = offset;
      if (length_ < size) return {};
    }
    return std::span<std::byte const>(window_).subspan(static_cast<std::size_t>(offset - start_),
                                                       static_cast<std::size_t>(size));
  }

 private:
  FileDescriptor const& file_;
  std::filesystem::path const& path_;
  std::uint64_t file_size_;
  Bytes window_;
  std::uint64_t start_ = 0, length_ = 0;
};

/// Beyond the types of this version, so that a newer version's records are recognised as such;
/// small, so that few places of a damaged journal look like a record.
constexpr std::uint32_t last_plausible_type = 255;

/// The record at `offset` with head and checksum; empty if there is no whole one.
std::span<std::byte const> whole_frame_at(FileWindow& window, std::uint64_t offset) {
  auto const head = window.at(offset, record_head_size);
  if (head.empty()) return {};
  auto const length = number_at<std::uint64_t>(head, 0);
  auto const type = number_at<std::uint32_t>(head, 16);
  if (length > window.file_size() || type == 0 || type > last_plausible_type) return {};
  auto const bytes = window.at(offset, record_head_size + length + crc_size);
  return !bytes.empty() && crc_is_right(bytes) ? bytes : std::span<std::byte const>();
}

UserError newer_version(std::filesystem::path const& path) {
  return UserError(path.string() +
                   " was written by a newer version of engram; use that version, or choose "
                   "another study.output");
}

/// What a kill, or a power cut while the header was written, leaves: a part of it or zeros.
bool is_torn_header(std::span<std::byte const> start) {
  auto const size = std::min(start.size(), magic.size());
  bool const is_part = std::memcmp(start.data(), magic.data(), size) == 0;
  return is_part ||
         std::all_of(start.begin(), start.end(), [](std::byte b) { return b == std::byte{0}; });
}

/// End of the header, 0 if it is torn.
std::uint64_t scan_header(FileWindow& window, std::filesystem::path const& path,
                          std::function<void(Results const&)> const& on_header) {
  auto const head = window.at(0, header_head_size);
  auto const start = window.at(0, std::min<std::uint64_t>(window.file_size(), header_head_size));
  if (!start.empty() && !is_torn_header(start)) {
    throw UserError(path.string() +
                    " is not a journal of engram; move it away or choose another study.output");
  }
  if (head.empty() || head[0] == std::byte{0}) return 0;
  auto const version = number_at<std::uint32_t>(head, 8);
  auto const length = number_at<std::uint64_t>(head, 12);
  if (length > window.file_size()) return 0;
  auto const bytes = window.at(0, header_head_size + length + crc_size);
  if (bytes.empty()) return 0;
  if (!crc_is_right(bytes)) {
    // Records are only appended to a header that is on the disk, so this is no torn header.
    if (window.file_size() > bytes.size()) {
      throw UserError(path.string() + " is damaged at its start; restore it, or use --overwrite");
    }
    return 0;
  }
  if (version > static_cast<std::uint32_t>(results_schema_version)) throw newer_version(path);
  on_header(decode_header(bytes.subspan(header_head_size, static_cast<std::size_t>(length))));
  return bytes.size();
}

JournalRecord record_of(std::span<std::byte const> bytes, std::uint64_t offset,
                        std::filesystem::path const& path) {
  JournalRecord record;
  record.trial = number_at<std::uint64_t>(bytes, 8);
  record.type = static_cast<RecordType>(number_at<std::uint32_t>(bytes, 16));
  record.attempt = number_at<std::uint32_t>(bytes, 20);
  record.payload = bytes.subspan(record_head_size, bytes.size() - record_head_size - crc_size);
  record.offset = offset;
  if (record.type < RecordType::trial || record.type > RecordType::session) {
    throw newer_version(path);
  }
  return record;
}

/// From `scan.end` on, where a record begins.
void scan_records(FileWindow& window, std::filesystem::path const& path, JournalScan& scan,
                  std::function<void(JournalRecord const&)> const& on_record) {
  scan.intact_end = scan.end;
  scan.file_size = window.file_size();
  while (true) {
    auto offset = scan.end;
    auto frame = whole_frame_at(window, offset);
    // Byte by byte, as a damaged length tells nothing; a tail may only be cut if nothing follows.
    while (frame.empty() && offset < window.file_size()) frame = whole_frame_at(window, ++offset);
    if (frame.empty()) {
      scan.num_torn = scan.file_size - scan.end;
      return;
    }
    if (offset > scan.end) ++scan.num_damaged;
    on_record(record_of(frame, offset, path));
    scan.end = offset + frame.size();
    if (scan.num_damaged == 0) scan.intact_end = scan.end;
  }
}

/// No file, if there is none. Throws UserError if it can't be read.
FileDescriptor open_to_scan(std::filesystem::path const& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno != ENOENT) {
    throw UserError("cannot read " + path.string() + ": " + std::generic_category().message(errno));
  }
  return file;
}

int sync_data(int fd) {
  return ::fdatasync(fd) == 0 ? 0 : errno;
}

}  // namespace

JournalScan scan_journal(std::filesystem::path const& path,
                         std::function<void(Results const&)> const& on_header,
                         std::function<void(JournalRecord const&)> const& on_record) {
  JournalScan scan;
  auto const file = open_to_scan(path);
  if (!file) return scan;
  FileWindow window(file, path);
  scan.end = scan_header(window, path, on_header);
  scan.has_header = scan.end > 0;
  if (scan.has_header) scan_records(window, path, scan, on_record);
  return scan;
}

JournalScan scan_further(std::filesystem::path const& path, JournalScan const& last,
                         std::function<void(Results const&)> const& on_header,
                         std::function<void(JournalRecord const&)> const& on_record) {
  auto const file = open_to_scan(path);
  if (!file) return {};
  FileWindow window(file, path);
  if (last.has_header && window.file_size() == last.file_size) return last;
  if (last.has_header && window.file_size() >= last.intact_end) {
    JournalScan scan;
    scan.has_header = true;
    scan.end = last.intact_end;
    scan_records(window, path, scan, on_record);
    // Otherwise what was here before may have been lost with its node, and written anew.
    if (scan.num_damaged == 0) return scan;
  }
  return scan_journal(path, on_header, on_record);
}

Bytes read_payload(FileDescriptor const& file, std::uint64_t offset,
                   std::filesystem::path const& path) {
  std::array<std::byte, record_head_size> head;
  Bytes bytes;
  if (read_at(file, head, offset, path) == head.size()) {
    auto const length = number_at<std::uint64_t>(head, 0);
    auto const end = file_size(file, path);
    if (length < end && offset + length < end) {
      bytes.resize(record_head_size + static_cast<std::size_t>(length) + crc_size);
      bytes.resize(read_at(file, bytes, offset, path));
    }
  }
  if (bytes.size() <= record_head_size + crc_size || !crc_is_right(bytes)) {
    throw_storage_error("read back", path, EIO);
  }
  return Bytes(bytes.begin() + record_head_size, bytes.end() - crc_size);
}

Journal::Journal(std::filesystem::path path, FileDescriptor file, std::uint64_t end)
    : path_(std::move(path)), file_(std::move(file)), end_(end), last_sync_(Clock::now()) {}

Journal Journal::create(std::filesystem::path path, Results const& header) {
  Bytes payload;
  encode_header(header, payload);
  auto file = open_file(path, O_RDWR | O_CREAT | O_TRUNC);
  Journal journal(std::move(path), std::move(file), 0);
  ByteWriter out(journal.buffer_);
  for (char const c : magic) out.number(c);
  out.number(static_cast<std::uint32_t>(results_schema_version));
  out.number(static_cast<std::uint64_t>(payload.size()));
  journal.buffer_.insert(journal.buffer_.end(), payload.begin(), payload.end());
  out.number(crc32c(journal.buffer_));
  journal.unsynced_ = true;
  journal.sync();
  sync_folder(folder_of(journal.path_));
  return journal;
}

Journal Journal::open(std::filesystem::path path, std::uint64_t end) {
  auto file = open_file(path, O_RDWR);
  if (::ftruncate(file.get(), static_cast<off_t>(end)) != 0) {
    throw_storage_error("write", path, errno);
  }
  return Journal(std::move(path), std::move(file), end);
}

Journal::~Journal() {
  if (!file_) return;
  try {
    flush();
  } catch (StorageError const&) {
    // Who wanted to know has called flush or sync.
  }
}

std::size_t Journal::begin_record(RecordType type, std::uint64_t trial, std::uint32_t attempt) {
  auto const start = buffer_.size();
  ByteWriter out(buffer_);
  out.number(std::uint64_t{0});
  out.number(trial);
  out.number(type);
  out.number(attempt);
  return start;
}

std::uint64_t Journal::end_record(std::size_t start) {
  std::uint64_t const length = buffer_.size() - start - record_head_size;
  std::memcpy(buffer_.data() + start, &length, sizeof length);
  auto const crc = crc32c(std::span<std::byte const>(buffer_).subspan(start));
  ByteWriter(buffer_).number(crc);
  unsynced_ = true;
  auto const offset = end_ + start;
  if (buffer_.size() > buffer_size) flush();
  return offset;
}

std::uint64_t Journal::append(TrialRecord const& record) {
  auto const start = begin_record(RecordType::trial, record.id, record.timing.attempt);
  encode(record, buffer_);
  return end_record(start);
}

std::uint64_t Journal::append(RecordType type, std::span<std::byte const> payload) {
  auto const start = begin_record(type, 0, 0);
  buffer_.insert(buffer_.end(), payload.begin(), payload.end());
  return end_record(start);
}

void Journal::flush() {
  if (buffer_.empty()) return;
  write_all(file_, buffer_, end_, path_);
  end_ += buffer_.size();
  buffer_.clear();
}

void Journal::take_background_sync() {
  if (!background_sync_.valid()) return;
  if (int const error = background_sync_.get()) sync_error_ = error;
}

void Journal::check_syncs() const {
  if (sync_error_ != 0) throw_storage_error("sync", path_, sync_error_);
}

void Journal::sync() {
  flush();
  take_background_sync();
  check_syncs();
  if (!unsynced_) return;
  last_sync_ = Clock::now();
  sync_error_ = sync_data(file_.get());
  check_syncs();
  unsynced_ = false;
}

bool Journal::restore_if_removed() {
  if (::access(path_.c_str(), F_OK) == 0 || errno != ENOENT) return false;
  flush();
  take_background_sync();  // of the old descriptor
  auto const temporary = temporary_path(path_);
  auto restored = open_file(temporary, O_RDWR | O_CREAT | O_TRUNC);
  Bytes piece(buffer_size);
  for (std::uint64_t offset = 0; offset < end_; offset += piece.size()) {
    piece.resize(read_at(file_, piece, offset, path_));
    if (piece.empty()) break;
    write_all(restored, piece, offset, temporary);
  }
  publish_file(temporary, path_);
  file_ = std::move(restored);
  return true;
}

void Journal::sync_when_due() {
  using namespace std::chrono_literals;
  flush();
  if (background_sync_.valid()) {
    if (background_sync_.wait_for(0s) != std::future_status::ready) return;
    take_background_sync();
  }
  check_syncs();
  if (!unsynced_ || Clock::now() - last_sync_ < 1s) return;
  last_sync_ = Clock::now();
  unsynced_ = false;
  background_sync_ = std::async(std::launch::async, sync_data, file_.get());
}

Bytes Journal::read(std::uint64_t offset) {
  flush();
  return read_payload(file_, offset, path_);
}

}  // namespace engram
