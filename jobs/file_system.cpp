#include "jobs/file_system.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>
#include <vector>

#include "core/error.hpp"
#include "jobs/in_use_error.hpp"
#include "parallel/failure.hpp"

namespace engram {
namespace {

std::string_view remedy(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "free some space there and run again: what is recorded is kept";
    case EACCES:
    case EPERM:
    case EROFS:
      return "check its permissions or choose another study.output";
    default:
      return "run again to continue, or choose another study.output";
  }
}

struct flock lock_of_all(short type) {
  struct flock request = {};
  request.l_type = type;
  request.l_whence = SEEK_SET;
  return request;
}

/// false: another process has it. Throws std::system_error where there are no locks.
bool try_lock(FileDescriptor const& file) {
  auto request = lock_of_all(F_WRLCK);
  while (::fcntl(file.get(), F_OFD_SETLK, &request) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category());
  }
  return true;
}

/// The file may have been removed by its last holder between our opening and locking it.
bool is_still(FileDescriptor const& file, std::filesystem::path const& path) {
  struct stat opened = {}, there = {};
  return ::fstat(file.get(), &opened) == 0 && ::stat(path.c_str(), &there) == 0 &&
         opened.st_ino == there.st_ino && opened.st_dev == there.st_dev;
}

std::string this_run() {
  std::time_t const now = std::time(nullptr);
  std::tm utc = {};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> time{};
  std::strftime(time.data(), time.size(), "%Y-%m-%d %H:%M:%S UTC", &utc);
  return "process " + std::to_string(::getpid()) + " on " + host_name() + ", started " +
         time.data();
}

std::string holder(FileDescriptor const& file) {
  std::array<char, 512> text{};
  auto const size = ::pread(file.get(), text.data(), text.size(), 0);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "just started";
}

}  // namespace

void FileDescriptor::reset() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void throw_storage_error(std::string_view doing, std::filesystem::path const& path,
                         int errno_value) {
  throw StorageError("cannot " + std::string(doing) + " " + path.string() + ": " +
                     std::generic_category().message(errno_value) + "; " +
                     std::string(remedy(errno_value)));
}

FileDescriptor open_file(std::filesystem::path const& path, int flags) {
  while (true) {
    FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0666));
    if (file) return file;
    if (errno != EINTR) throw_storage_error("open", path, errno);
  }
}

void write_all(FileDescriptor const& file, std::span<std::byte const> data, std::uint64_t offset,
               std::filesystem::path const& path) {
  while (!data.empty()) {
    auto const written = ::pwrite(file.get(), data.data(), data.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      throw_storage_error("write", path, errno);
    }
    data = data.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

std::size_t read_at(FileDescriptor const& file, std::span<std::byte> data, std::uint64_t offset,
                    std::filesystem::path const& path) {
  std::size_t done = 0;
  while (done < data.size()) {
    auto const size = ::pread(file.get(), data.data() + done, data.size() - done,
                              static_cast<off_t>(offset + done));
    if (size < 0) {
      if (errno == EINTR) continue;
      throw_storage_error("read", path, errno);
    }
    if (size == 0) break;
    done += static_cast<std::size_t>(size);
  }
  return done;
}

std::uint64_t file_size(FileDescriptor const& file, std::filesystem::path const& path) {
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) throw_storage_error("read", path, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

std::filesystem::path folder_of(std::filesystem::path const& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

void sync_folder(std::filesystem::path const& folder) {
  auto const file = open_file(folder, O_RDONLY | O_DIRECTORY);
  // Some file systems have nothing to sync in a folder and say EINVAL.
  if (::fsync(file.get()) != 0 && errno != EINVAL) throw_storage_error("sync", folder, errno);
}

void create_folder(std::filesystem::path const& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> missing;  // innermost first
  for (auto level = folder; level.has_relative_path(); level = level.parent_path()) {
    if (std::filesystem::exists(level, error)) break;
    missing.push_back(level);
  }
  std::filesystem::create_directories(folder, error);
  if (error) throw_storage_error("create", folder, error.value());
  for (auto level = missing.rbegin(); level != missing.rend(); ++level) {
    sync_folder(folder_of(*level));
  }
}

bool file_exists(std::filesystem::path const& path) {
  std::error_code error;
  auto const status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::none) {
    throw UserError("cannot read " + path.string() + ": " + error.message());
  }
  if (!std::filesystem::exists(status)) return false;
  if (!std::filesystem::is_regular_file(status)) {
    throw UserError(path.string() + " is not a file; choose another study.output");
  }
  return true;
}

void publish_file(std::filesystem::path const& from, std::filesystem::path const& to) {
  {
    auto const file = open_file(from, O_RDWR);
    if (::fsync(file.get()) != 0) throw_storage_error("write", to, errno);
  }
  if (::rename(from.c_str(), to.c_str()) != 0) throw_storage_error("write", to, errno);
  sync_folder(folder_of(to));
}

void remove_file(std::filesystem::path const& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_storage_error("remove", path, errno);
}

void remove_folder(std::filesystem::path const& folder) {
  constexpr int most_tries = 100;
  for (int tries = 1;; ++tries) {
    std::error_code error;
    std::filesystem::remove_all(folder, error);
    if (!error) return;
    // What is not there was removed by another; what is there was written by one meanwhile.
    bool const is_shared =
        error == std::errc::no_such_file_or_directory || error == std::errc::directory_not_empty;
    if (!is_shared || tries == most_tries) throw_storage_error("remove", folder, error.value());
  }
}

FileIdentity file_identity(std::filesystem::path const& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

bool lock_is_held(std::filesystem::path const& path) {
  FileDescriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  auto request = lock_of_all(F_RDLCK);
  return file && ::fcntl(file.get(), F_OFD_GETLK, &request) == 0 && request.l_type != F_UNLCK;
}

LockFile::LockFile(std::filesystem::path path, std::filesystem::path const& protects)
    : path_(std::move(path)) {
  while (!file_) {
    FileDescriptor file = open_file(path_, O_RDWR | O_CREAT);
    try {
      if (!try_lock(file)) {
        throw InUseError(protects.string() + " is in use by another run (" + holder(file) +
                         "); wait until it ends or choose another study.output");
      }
    } catch (std::system_error const& error) {
      warning_ = "the file system of " + protects.string() + " has no locks (" +
                 error.code().message() + "): make sure that no other run writes this file";
    }
    if (is_still(file, path_)) file_ = std::move(file);
  }
  // Only a hint for the other run's message, so a full disk does not matter here.
  auto const text = this_run();
  if (::ftruncate(file_.get(), 0) != 0 || ::pwrite(file_.get(), text.data(), text.size(), 0) < 0) {
    return;
  }
}

LockFile::~LockFile() {
  if (file_) ::unlink(path_.c_str());
}

}  // namespace engram
