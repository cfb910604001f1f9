#pragma once

#include <stdexcept>

namespace engram {

/// A results file could not be written (disk full, permission): exit_storage.
class StorageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace engram
