#include "jobs/part_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

#include "core/error.hpp"
#include "jobs/file_system.hpp"
#include "jobs/results_schema.hpp"

namespace engram {
namespace {

constexpr auto journal_extension = ".journal", part_lock_extension = ".lock";

/// The parts that have files with this extension.
std::vector<int> parts_with(std::filesystem::path const& results, std::string const& extension) {
  std::vector<int> parts;
  std::error_code ignored;
  for (auto const& entry : std::filesystem::directory_iterator(parts_folder(results), ignored)) {
    auto const stem = entry.path().stem().string();
    int part = 0;
    auto const [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), part);
    if (error == std::errc() && end == stem.data() + stem.size() &&
        entry.path().extension() == extension)
      parts.push_back(part);
  }
  std::ranges::sort(parts);
  return parts;
}

/// False if there is something of that name; std::nullopt: the folder has gone.
std::optional<bool> make_link(std::string const& text, std::filesystem::path const& path) {
  if (::symlink(text.c_str(), path.c_str()) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno == ENOENT) return std::nullopt;
  throw_storage_error("claim trials in", path.parent_path(), errno);
}

/// Empty: there is none.
std::string read_link(std::filesystem::path const& path) {
  std::array<char, 128> text{};
  auto const size = ::readlink(path.c_str(), text.data(), text.size());
  if (size < 0 && errno != ENOENT) throw_storage_error("read", path, errno);
  return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

template <class Number>
Number number_in(std::string const& text, std::size_t first, std::filesystem::path const& path) {
  Number number{};
  auto const* const begin = text.data() + std::min(first, text.size());
  if (std::from_chars(begin, text.data() + text.size(), number).ec != std::errc())
    throw StorageError(path.string() + " is not what engram writes there; move it away");
  return number;
}

}  // namespace

std::filesystem::path parts_folder(std::filesystem::path const& results) {
  auto folder = results;
  folder += ".parts";
  return folder;
}

std::filesystem::path part_journal(std::filesystem::path const& results, int part) {
  return parts_folder(results) / (std::to_string(part) + journal_extension);
}

std::filesystem::path part_lock(std::filesystem::path const& results, int part) {
  return parts_folder(results) / (std::to_string(part) + part_lock_extension);
}

std::vector<int> parts_with_journals(std::filesystem::path const& results) {
  return parts_with(results, journal_extension);
}

std::optional<int> running_part(std::filesystem::path const& results) {
  for (int const part : parts_with(results, part_lock_extension))
    if (lock_is_held(part_lock(results, part))) return part;
  return std::nullopt;
}

bool study_runs(std::filesystem::path const& results) {
  return lock_is_held(lock_path(results)) || running_part(results);
}

void remove_parts(std::filesystem::path const& results) {
  auto const folder = parts_folder(results);
  std::error_code error;
  std::filesystem::rename(folder, temporary_path(folder), error);
  if (error && error != std::errc::no_such_file_or_directory)
    throw_storage_error("remove", folder, error.value());
  // Those that killed processes left, too.
  auto const prefix = folder.filename().string() + ".tmp-";
  for (auto const& entry : std::filesystem::directory_iterator(folder_of(folder), error))
    if (entry.path().filename().string().starts_with(prefix)) remove_folder(entry.path());
}

Part agree_on_plan(std::filesystem::path const& results, Part const& proposed) {
  auto const path = parts_folder(results) / "plan";
  auto const text = std::to_string(proposed.count) + " parts, blocks of ";
  auto const made = make_link(text + std::to_string(proposed.block), path);
  if (!made) throw_storage_error("write", path, ENOENT);
  if (*made) return proposed;
  auto const agreed = read_link(path);
  auto const count = number_in<int>(agreed, 0, path);
  if (count != proposed.count) {
    auto const there = std::to_string(count);
    throw UserError(results.string() + " is run in " + there + " parts: use --part K/" + there +
                    ", or run it without --part to take in what they have recorded");
  }
  return {proposed.index, count, number_in<std::uint64_t>(agreed, text.size(), path)};
}

Claims::Claims(std::filesystem::path const& results, Part const& part)
    : folder_(parts_folder(results)), part_(part) {}

std::optional<int> Claims::claim(std::uint64_t trial) {
  auto const block = trial / part_.block;
  if (auto const known = owners_.find(block); known != owners_.end()) return known->second;
  auto const path = folder_ / ("claim-" + std::to_string(block));
  auto const made = make_link(std::to_string(part_.index), path);
  if (!made) return std::nullopt;
  // Also if it was made: a server may have done it, and then have been asked again.
  return *made ? owners_[block] = part_.index : owner(trial);
}

std::optional<int> Claims::owner(std::uint64_t trial) {
  auto const block = trial / part_.block;
  if (auto const known = owners_.find(block); known != owners_.end()) return known->second;
  auto const path = folder_ / ("claim-" + std::to_string(block));
  auto const text = read_link(path);
  if (text.empty()) return std::nullopt;
  return owners_[block] = number_in<int>(text, 0, path);
}

}  // namespace engram
