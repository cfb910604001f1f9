#include "jobs/file_system.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

#include "core/error.hpp"
#include "tests/jobs/results_test_study.hpp"

namespace {

std::vector<std::filesystem::path> synced;

}  // namespace

/// Takes the place of the C library's in this program, and remembers what was synced.
extern "C" int fsync(int fd) {
  synced.push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)));
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace engram {
namespace {

using testing::TemporaryFolder;
using testing::write_bytes;
using Paths = std::vector<std::filesystem::path>;

TEST(CreateFolder, SyncsTheFolderOfEachThatItCreates) {
  TemporaryFolder const folder;
  synced.clear();
  create_folder(folder / "a" / "b" / "c");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a" / "b" / "c"));
  EXPECT_EQ(synced, (Paths{folder.path(), folder / "a", folder / "a/b"}));
  synced.clear();
  create_folder(folder / "a" / "b" / "c");
  EXPECT_EQ(synced, Paths{});
  create_folder(folder / "a" / "d" / "");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a" / "d"));
  EXPECT_EQ(synced, (Paths{folder / "a", folder / "a/d"}));
  write_bytes(folder / "file", "");
  EXPECT_THROW(create_folder(folder / "file"), StorageError);
  EXPECT_THROW(create_folder(folder / "file" / "a"), StorageError);
}

TEST(FileExists, SaysWhyItCannotTell) {
  TemporaryFolder const folder;
  write_bytes(folder / "file", "");
  std::filesystem::create_symlink(folder / "loop", folder / "loop");
  EXPECT_TRUE(file_exists(folder / "file"));
  EXPECT_FALSE(file_exists(folder / "none"));
  EXPECT_FALSE(file_exists(folder / "none" / "none"));
  for (auto const& path : Paths{folder.path(), folder / "loop", folder / std::string(300, 'x')}) {
    EXPECT_THROW(file_exists(path), UserError) << path;
  }
}

TEST(LockIsHeld, UntilItsHolderIsGone) {
  TemporaryFolder const folder;
  EXPECT_FALSE(lock_is_held(folder / "lock"));
  {
    LockFile const lock(folder / "lock", folder / "file");
    EXPECT_TRUE(lock_is_held(folder / "lock"));
    EXPECT_THROW(LockFile(folder / "lock", folder / "file"), UserError);
    EXPECT_TRUE(lock_is_held(folder / "lock"));
  }
  EXPECT_FALSE(lock_is_held(folder / "lock"));
  write_bytes(folder / "lock", "left by a killed process");
  EXPECT_FALSE(lock_is_held(folder / "lock"));
}

}  // namespace
}  // namespace engram
