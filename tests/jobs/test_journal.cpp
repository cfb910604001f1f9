#include "jobs/journal.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/error.hpp"
#include "jobs/crc32c.hpp"
#include "jobs/results_schema.hpp"
#include "tests/jobs/results_test_study.hpp"

/// Takes the place of the C library's in this program.
extern "C" int fdatasync(int fd) {
  if (engram::testing::num_failing_syncs > 0) {
    --engram::testing::num_failing_syncs;
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

namespace engram {
namespace {

using testing::file_bytes;
using testing::make_record;
using testing::TemporaryFolder;
using testing::write_bytes;

Results header() {
  return empty_results(testing::make_study("a.h5"));
}

struct Contents {
  JournalScan scan;
  std::string config;
  std::vector<std::uint64_t> ids;
};

Contents contents(std::filesystem::path const& path) {
  Contents result;
  result.scan = scan_journal(
      path, [&](Results const& h) { result.config = h.config; },
      [&](JournalRecord const& record) { result.ids.push_back(record.trial); });
  return result;
}

std::vector<std::uint64_t> ids_to(std::uint64_t n) {
  std::vector<std::uint64_t> ids;
  for (std::uint64_t id = 0; id < n; ++id) ids.push_back(id);
  return ids;
}

/// Writes records 0 to n - 1 and returns where each begins, and the end.
std::vector<std::uint64_t> write_journal(std::filesystem::path const& path, std::uint64_t n) {
  auto journal = Journal::create(path, header());
  std::vector<std::uint64_t> offsets;
  for (std::uint64_t id = 0; id < n; ++id) offsets.push_back(journal.append(make_record(id)));
  journal.sync();
  offsets.push_back(std::filesystem::file_size(path));
  return offsets;
}

TEST(Journal, ScansAndReadsBackWhatWasAppended) {
  TemporaryFolder const folder;
  auto const path = folder / "j";
  auto const offsets = write_journal(path, 30);
  auto const found = contents(path);
  EXPECT_TRUE(found.scan.has_header);
  EXPECT_EQ(found.scan.end, offsets.back());
  EXPECT_EQ(found.config, header().config);
  EXPECT_EQ(found.ids, ids_to(30));
  auto journal = Journal::open(path, found.scan.end);
  auto const payload = journal.read(offsets[12]);
  std::span<std::byte const> bytes(payload);
  EXPECT_EQ(decode_trial_record(bytes).outcome.series.size(), 2u);
}

TEST(Journal, CutAnywhereKeepsTheWholeRecordsAndGoesOn) {
  TemporaryFolder const folder;
  auto const path = folder / "j";
  auto const offsets = write_journal(path, 4);
  auto const whole = file_bytes(path);
  for (auto size = offsets[2]; size < whole.size(); ++size) {
    write_bytes(path, whole.substr(0, size));
    auto const before = contents(path);
    EXPECT_EQ(before.ids, ids_to(size < offsets[3] ? 2 : 3)) << size;
    {
      auto journal = Journal::open(path, before.scan.end);
      for (auto id = before.ids.size(); id < 5; ++id) journal.append(make_record(id));
    }
    EXPECT_EQ(contents(path).ids, ids_to(5)) << size;
  }
}

TEST(Journal, TornHeaderIsNoJournal) {
  TemporaryFolder const folder;
  auto const path = folder / "j";
  write_journal(path, 0);
  auto const bytes = file_bytes(path);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    write_bytes(path, bytes.substr(0, size));
    EXPECT_FALSE(contents(path).scan.has_header) << size;
    write_bytes(path, std::string(size, '\0'));
    EXPECT_FALSE(contents(path).scan.has_header) << size;
  }
}

/// Damages bytes [first, first + count) of a journal of 40 records: those that have none of these
/// bytes are all found, and going on keeps them.
void expect_only_these_lost(std::uint64_t first, std::uint64_t count,
                            std::function<void(std::string&)> const& damage) {
  TemporaryFolder const folder;
  auto const path = folder / "j";
  auto const offsets = write_journal(path, 40);
  auto bytes = file_bytes(path);
  damage(bytes);
  write_bytes(path, bytes);
  std::vector<std::uint64_t> left;
  for (std::uint64_t id = 0; id < 40; ++id) {
    if (offsets[id + 1] <= first || offsets[id] >= first + count) left.push_back(id);
  }
  auto const found = contents(path);
  EXPECT_LT(left.size(), 40u);
  EXPECT_EQ(found.ids, left) << first;
  EXPECT_EQ(found.scan.num_damaged, 1u) << first;
  EXPECT_EQ(found.scan.end, offsets.back());
  Journal::open(path, found.scan.end).append(make_record(40));
  left.push_back(40);
  EXPECT_EQ(contents(path).ids, left) << first;
}

/// Where record `id` of such a journal begins.
std::uint64_t offset_of(std::uint64_t id) {
  static TemporaryFolder const folder;
  static auto const offsets = write_journal(folder / "j", 40);
  return offsets[id];
}

TEST(Journal, DamageInsideLosesOneRecordOnly) {
  auto const at = offset_of(2);
  expect_only_these_lost(at + 40, 1, [&](std::string& bytes) { bytes[at + 40] ^= 1; });
}

TEST(Journal, DamagedLengthLosesOneRecordOnly) {
  auto const at = offset_of(2);
  for (std::size_t i = 0; i < 8; ++i) {
    for (int const bit : {0, 3, 6, 7}) {
      expect_only_these_lost(at + i, 1, [&](std::string& bytes) {
        bytes[at + i] = static_cast<char>(bytes[at + i] ^ (1 << bit));
      });
    }
  }
}

TEST(Journal, ZeroedSectorLosesItsRecordsOnly) {
  for (auto const at : {offset_of(5), offset_of(5) + 1, offset_of(5) + 100, offset_of(6) - 3}) {
    for (std::uint64_t const size : {512, 4096}) {
      expect_only_these_lost(
          at, size, [&](std::string& bytes) { bytes.replace(at, size, std::string(size, '\0')); });
    }
  }
}

TEST(Journal, DamageAtTheEndIsATornTail) {
  TemporaryFolder const folder;
  auto const path = folder / "j";
  auto const offsets = write_journal(path, 40);
  auto bytes = file_bytes(path);
  auto const at = offsets[30] + 7;
  write_bytes(path, bytes.replace(at, bytes.npos, bytes.size() - at, '\0'));
  auto const found = contents(path);
  EXPECT_EQ(found.ids, ids_to(30));
  EXPECT_EQ(found.scan.num_damaged, 0u);
  EXPECT_EQ(found.scan.end, offsets[30]);
}

TEST(Journal, FailedSyncIsNeverForgotten) {
  TemporaryFolder const folder;
  auto const path = folder / "j";
  auto journal = Journal::open(path, write_journal(path, 1).back());
  journal.append(make_record(1));
  testing::num_failing_syncs = 1;
  EXPECT_THROW(journal.sync(), StorageError);
  EXPECT_EQ(testing::num_failing_syncs, 0);
  EXPECT_THROW(journal.sync(), StorageError);
  EXPECT_THROW(journal.sync_when_due(), StorageError);
  EXPECT_EQ(contents(path).ids, ids_to(2));
}

TEST(Journal, DamagedHeaderBeforeRecordsIsAnError) {
  TemporaryFolder const folder;
  auto const path = folder / "j";
  write_journal(path, 2);
  auto bytes = file_bytes(path);
  bytes[30] ^= 1;
  write_bytes(path, bytes);
  EXPECT_THROW(contents(path), UserError);
}

/// Changes a number of a frame and mends its checksum.
void forge(std::filesystem::path const& path, std::size_t begin, std::size_t end, std::size_t at,
           char value) {
  auto bytes = file_bytes(path);
  bytes[begin + at] = value;
  auto const body = std::as_bytes(std::span(bytes)).subspan(begin, end - begin - 4);
  auto const crc = crc32c(body);
  std::memcpy(bytes.data() + end - 4, &crc, 4);
  write_bytes(path, bytes);
}

TEST(Journal, NewerVersionAndUnknownRecordAreUserErrors) {
  TemporaryFolder const folder;
  auto const path = folder / "j";
  auto const offsets = write_journal(path, 2);
  forge(path, offsets[0], offsets[1], 16, 99);
  EXPECT_THROW(contents(path), UserError);
  forge(path, offsets[0], offsets[1], 16, 1);
  EXPECT_EQ(contents(path).ids, ids_to(2));
  forge(path, 0, offsets[0], 8, 99);
  EXPECT_THROW(contents(path), UserError);
}

TEST(Journal, ForeignFileIsAUserError) {
  TemporaryFolder const folder;
  write_bytes(folder / "j", "a shopping list\n");
  EXPECT_THROW(contents(folder / "j"), UserError);
}

/// In a child process: no file may grow beyond `limit` bytes. Returns the child's exit code.
template <class Body>
int with_file_limit(rlim_t limit, Body const& body) {
  pid_t const child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit const value{limit, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &value);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Journal, FailedWriteIsRepeatedOnceThereIsSpace) {
  TemporaryFolder const folder;
  auto const path = folder / "j";
  auto const size = write_journal(path, 1).back();
  auto const code = with_file_limit(size + 100, [&] {
    auto journal = Journal::open(path, size);
    for (std::uint64_t id = 1; id < 10; ++id) journal.append(make_record(id));
    try {
      journal.sync();
      return 1;
    } catch (StorageError const& error) {
      if (std::string(error.what()).find("free some space") == std::string::npos) return 2;
    }
    if (contents(path).ids != ids_to(1)) return 3;
    rlimit const none{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &none);
    journal.sync();
    return 0;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(contents(path).ids, ids_to(10));
}

}  // namespace
}  // namespace engram
