#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "jobs/storage_error.hpp"

namespace engram {

/// Owns a POSIX file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

/// "cannot write a.h5: No space left on device; free space there and run again …": what was being
/// done, the file, the cause and its remedy, as one sentence.
[[noreturn]] void throw_storage_error(std::string_view doing, std::filesystem::path const& path,
                                      int errno_value);

/// open(2) with O_CLOEXEC, mode 0666. Throws StorageError.
FileDescriptor open_file(std::filesystem::path const& path, int flags);

/// Writes all of `data` at `offset`. Throws StorageError; what a failed call left behind is
/// overwritten by the next call at the same offset.
void write_all(FileDescriptor const& file, std::span<std::byte const> data, std::uint64_t offset,
               std::filesystem::path const& path);

/// Reads up to `data.size()` bytes at `offset`; returns how many there were. Throws StorageError.
std::size_t read_at(FileDescriptor const& file, std::span<std::byte> data, std::uint64_t offset,
                    std::filesystem::path const& path);

std::uint64_t file_size(FileDescriptor const& file, std::filesystem::path const& path);

/// Makes entries of a folder (creations, renames, removals) durable. Throws StorageError.
void sync_folder(std::filesystem::path const& folder);

/// The folder that holds `path`, "." if it names none.
std::filesystem::path folder_of(std::filesystem::path const& path);

/// Creates what is missing of a folder and the folders that hold it, durably. Throws StorageError.
void create_folder(std::filesystem::path const& folder);

/// False if there is nothing. Throws UserError if it is no regular file, or nobody can tell.
bool file_exists(std::filesystem::path const& path);

/// fsync(from), rename(from, to), fsync(folder): afterwards `to` is whole and durable; before, it
/// is what it was. Throws StorageError.
void publish_file(std::filesystem::path const& from, std::filesystem::path const& to);

/// Removes a file if it is there. Throws StorageError.
void remove_file(std::filesystem::path const& path);

/// Removes a folder and all in it, if it is there; others may do so at the same time. Throws
/// StorageError.
void remove_folder(std::filesystem::path const& folder);

/// Changes when another file takes the name; equal while there is none.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t seconds = 0, nanoseconds = 0;
  bool operator==(FileIdentity const&) const = default;
};
FileIdentity file_identity(std::filesystem::path const& path);

/// Whether a run, on this node or where the file system tells, holds the `LockFile` of this path.
bool lock_is_held(std::filesystem::path const& path);

/// An exclusive lock that the kernel releases when the process ends, however it ends. The lock file
/// says who holds it, and is removed by the destructor.
class LockFile {
 public:
  /// Throws UserError, saying who holds it, if it is taken.
  /// @param protects  for messages: what the lock is for
  LockFile(std::filesystem::path path, std::filesystem::path const& protects);
  ~LockFile();
  LockFile(LockFile&& other) noexcept = default;
  LockFile& operator=(LockFile&&) = delete;

  /// Not empty if the file system has no locks: then nothing is protected.
  std::string const& warning() const { return warning_; }

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
  std::string warning_;
};

}  // namespace engram
