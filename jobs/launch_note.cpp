#include "jobs/launch_note.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace engram {

LaunchNote::LaunchNote(bool is_root) {
  char const* const path = std::getenv("ENGRAM_LAUNCH_NOTE");
  if (!is_root || !path || !*path) return;
  file_ = FileDescriptor(::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file_ && ::pwrite(file_.get(), "-\n", 2, 0) != 2) file_.reset();
}

void LaunchNote::end(int exit_code) {
  char const digit = static_cast<char>('0' + exit_code);
  // In place of what was written first, so that a full disk has room for it.
  if (file_ && ::pwrite(file_.get(), &digit, 1, 0) == 1) ::fsync(file_.get());
}

}  // namespace engram
