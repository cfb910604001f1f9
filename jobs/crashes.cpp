#include "jobs/crashes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "core/text.hpp"
#include "jobs/file_system.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/signals.hpp"
#include "jobs/trial_state.hpp"

namespace engram {

struct RunningMark::Page {
  std::atomic<std::uint32_t> end;  ///< StopSignals::End
  std::uint32_t num_trials;
  std::int64_t start_s;  ///< since the epoch
  std::array<std::uint64_t, 510> trials;
};

namespace {

constexpr auto mark_extension = ".running", count_extension = ".crashes";
constexpr std::size_t page_size = 4096;

std::filesystem::path crash_folder(std::filesystem::path const& results) {
  auto folder = results;
  folder += ".running";
  return folder;
}

std::filesystem::path count_file(std::filesystem::path const& results, std::uint64_t trial) {
  return crash_folder(results) / (std::to_string(trial) + count_extension);
}

std::int64_t now_s() {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

std::vector<std::filesystem::path> files_with(std::filesystem::path const& results,
                                              std::string const& extension,
                                              bool of_all_parts = false) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;
  for (auto const& entry : std::filesystem::directory_iterator(crash_folder(results), ignored)) {
    auto const its_own = entry.path().extension().string();
    if (its_own == extension || (of_all_parts && its_own.starts_with(extension + "-")))
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

/// ".running", or ".running-3" of part 3.
std::string mark_extension_of(std::optional<int> part) {
  return mark_extension + (part ? "-" + std::to_string(*part) : "");
}

struct Mark {
  std::uint32_t end;  ///< StopSignals::End
  std::int64_t start_s;
  std::vector<std::uint64_t> trials;
};

/// What a rank was evaluating when it wrote last; std::nullopt: nothing.
std::optional<Mark> read_mark(std::filesystem::path const& path) {
  std::array<char, page_size> bytes{};
  std::ifstream(path, std::ios::binary).read(bytes.data(), bytes.size());
  std::uint32_t num = 0;
  Mark mark{};
  std::memcpy(&mark.end, bytes.data(), sizeof mark.end);
  std::memcpy(&num, bytes.data() + 4, sizeof num);
  std::memcpy(&mark.start_s, bytes.data() + 8, sizeof mark.start_s);
  if (num == 0) return std::nullopt;
  mark.trials.resize(std::min<std::size_t>(num, 510));
  std::memcpy(mark.trials.data(), bytes.data() + 16, mark.trials.size() * sizeof(std::uint64_t));
  return mark;
}

bool has_saved_since(std::filesystem::path const& results, std::uint64_t trial,
                     std::int64_t start_s) {
  std::error_code error;
  auto const time = std::filesystem::last_write_time(state_file(results, trial), error);
  if (error) return false;
  auto const since = std::chrono::file_clock::to_sys(time).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since).count() >= start_s;
}

int read_count(std::filesystem::path const& path) {
  int count = 0;
  std::ifstream(path) >> count;
  return count;
}

void write_count(std::filesystem::path const& path, int count) {
  auto const temporary = temporary_path(path);
  auto const text = std::to_string(count) + "\n";
  write_all(open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC), std::as_bytes(std::span(text)), 0,
            temporary);
  publish_file(temporary, path);
}

}  // namespace

RunningMark::RunningMark(std::filesystem::path const& results, int rank, std::optional<int> part)
    : path_(crash_folder(results) / (std::to_string(rank) + mark_extension_of(part))) {
  static_assert(sizeof(Page) == page_size);
  std::error_code ignored;
  std::filesystem::create_directory(crash_folder(results), ignored);
  int const file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return;
  // Reserves the blocks: a page that can't be written would end the process.
  if (::posix_fallocate(file, 0, page_size) == 0) {
    void* const page = ::mmap(nullptr, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) page_ = static_cast<Page*>(page);
  }
  ::close(file);
  if (page_) StopSignals::note_end_in(&page_->end);
}

RunningMark::~RunningMark() {
  if (!page_) return;
  StopSignals::note_end_in(nullptr);
  ::munmap(page_, page_size);
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  std::filesystem::remove(path_.parent_path(),
                          ignored);  // by the last one, if nothing else is in it
}

void RunningMark::set(std::span<Trial const> trials) {
  if (!page_) return;
  auto const num = std::min(trials.size(), page_->trials.size());
  page_->num_trials = 0;
  for (std::size_t i = 0; i < num; ++i) page_->trials[i] = trials[i].id;
  page_->start_s = num > 0 ? now_s() : 0;
  page_->num_trials = static_cast<std::uint32_t>(num);
}

std::vector<RunningTrials> read_running(std::filesystem::path const& results) {
  std::vector<RunningTrials> running;
  for (auto const& path : files_with(results, mark_extension, true)) {
    auto const rank = read_integer(path.stem().string());
    auto mark = read_mark(path);
    if (rank && mark)
      running.push_back(
          {static_cast<int>(*rank), static_cast<double>(mark->start_s), std::move(mark->trials)});
  }
  std::ranges::sort(running, {}, &RunningTrials::rank);
  return running;
}

std::map<std::uint64_t, int> count_crashes(std::filesystem::path const& results,
                                           std::optional<int> part) {
  std::vector<Mark> ended;
  auto const marks = files_with(results, mark_extension_of(part), !part);
  for (auto const& path : marks)
    if (auto mark = read_mark(path); mark && mark->end != StopSignals::told)
      ended.push_back(std::move(*mark));
  std::map<std::uint64_t, int> crashes;
  std::set<std::uint64_t> counted;  // ranks that evaluate a trial together may all end by it
  for (auto const& [end, start_s, trials] : ended) {
    // A signal is sure to be a trial's own.
    if (end != StopSignals::fatal_signal && ended.size() > 1)
      continue;  // all were killed, or it is not known which first
    for (auto const trial : trials) crashes[trial] = 0;
    if (trials.size() == 1 && !has_saved_since(results, trials[0], start_s) &&
        counted.insert(trials[0]).second) {
      auto const path = count_file(results, trials[0]);
      write_count(path, read_count(path) + 1);
    }
  }
  for (auto const& path : marks) remove_file(path);
  for (auto const& path : files_with(results, count_extension))
    if (auto const trial = read_integer(path.stem().string()))
      crashes[static_cast<std::uint64_t>(*trial)] = read_count(path);
  return crashes;
}

void remove_crashes(std::filesystem::path const& results) {
  remove_folder(crash_folder(results));
}

}  // namespace engram
