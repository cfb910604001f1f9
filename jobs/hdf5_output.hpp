#pragma once

// Private to the results store's .cpp files, like hdf5_handle.hpp.

#include <filesystem>
#include <functional>
#include <memory>

#include "jobs/hdf5_handle.hpp"

namespace engram::hdf5 {

/// An HDF5 file that is being written, by a file driver of our own that hides failed writes from
/// HDF5 and reports them here. HDF5 1.10 can't close a file whose last writes failed: it keeps the
/// file open and crashes when the process exits.
class OutputFile {
 public:
  explicit OutputFile(std::filesystem::path const& path);
  ~OutputFile();
  OutputFile(OutputFile const&) = delete;
  OutputFile& operator=(OutputFile const&) = delete;

  hid_t get() const { return file_.get(); }

  /// Throws Error if a write has failed; call it now and then, as there is no use in going on.
  void check_writes() const;

  /// Throws Error if a write has failed, the last ones included.
  void close();

 private:
  std::unique_ptr<int> errno_value_;
  File file_;
};

/// Calls `fill` on a new file under a temporary name beside `path`, closes it, makes it durable and
/// gives it its name: `path` is either what it was or whole. Throws StorageError; then nothing is
/// left behind.
void write_file(std::filesystem::path const& path,
                std::function<void(OutputFile const&)> const& fill);

}  // namespace engram::hdf5
