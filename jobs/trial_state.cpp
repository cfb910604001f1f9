#include "jobs/trial_state.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <system_error>

#include "core/config.hpp"
#include "jobs/byte_stream.hpp"
#include "jobs/crc32c.hpp"
#include "jobs/file_system.hpp"
#include "jobs/results_schema.hpp"

namespace engram {
namespace {

constexpr std::array<char, 8> state_magic{'E', 'N', 'G', 'S', 'T', 'A', 'T', '1'};
constexpr auto state_extension = ".state", end_extension = ".end";

std::filesystem::path file_of(std::filesystem::path const& results, std::uint64_t trial,
                              char const* extension) {
  return state_folder(results) / (std::to_string(trial) + extension);
}

/// The trial whose file this is; std::nullopt: no trial's.
std::optional<std::uint64_t> trial_of(std::filesystem::path const& path) {
  auto const stem = path.stem().string();
  std::uint64_t trial = 0;
  auto const [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), trial);
  if (error != std::errc() || end != stem.data() + stem.size()) return std::nullopt;
  return trial;
}

}  // namespace

std::string identity_of(Study const& study, Trial const& trial) {
  std::string text = std::string("engram ") + ENGRAM_VERSION + " " + git_commit() +
                     "\nexperiment " + std::string(study.experiment->name()) + "\nseed " +
                     std::to_string(trial.seed) + "\n";
  for (auto const& [name, value] : trial.parameters.items())
    text += name + " = " + to_string(value) + "\n";
  for (auto const& [name, digest] : study.input_digests) text += name + ": " + digest + "\n";
  return text;
}

std::filesystem::path state_folder(std::filesystem::path const& results) {
  auto folder = results;
  folder += ".states";
  return folder;
}

std::filesystem::path state_file(std::filesystem::path const& results, std::uint64_t trial) {
  return file_of(results, trial, state_extension);
}

std::filesystem::path end_state_file(std::filesystem::path const& results, std::uint64_t trial) {
  return file_of(results, trial, end_extension);
}

void write_state(std::filesystem::path const& path, TrialState const& state) {
  Bytes bytes(state_magic.size() + sizeof(std::uint32_t));
  ByteWriter out(bytes);
  out.text(state.identity);
  out.vector(state.values);
  auto const crc = crc32c(std::span(bytes).subspan(state_magic.size() + sizeof(std::uint32_t)));
  std::memcpy(bytes.data(), state_magic.data(), state_magic.size());
  std::memcpy(bytes.data() + state_magic.size(), &crc, sizeof crc);
  create_folder(folder_of(path));
  auto const temporary = temporary_path(path);
  write_all(open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC), bytes, 0, temporary);
  publish_file(temporary, path);
}

std::optional<TrialState> read_state(std::filesystem::path const& path) {
  if (!file_exists(path)) return std::nullopt;
  auto const file = open_file(path, O_RDONLY);
  Bytes bytes(file_size(file, path));
  bytes.resize(read_at(file, bytes, 0, path));
  std::uint32_t crc = 0;
  auto const head = state_magic.size() + sizeof crc;
  if (bytes.size() < head || std::memcmp(bytes.data(), state_magic.data(), state_magic.size()) != 0)
    return std::nullopt;
  std::memcpy(&crc, bytes.data() + state_magic.size(), sizeof crc);
  auto rest = std::span<std::byte const>(bytes).subspan(head);
  if (crc32c(rest) != crc) return std::nullopt;
  ByteReader in(rest);
  TrialState state;
  state.identity = in.text();
  state.values = in.vector<double>();
  return state;
}

void throw_no_state(std::filesystem::path const& path, std::uint64_t trial, std::uint64_t parent,
                    std::string const& problem) {
  throw StorageError("trial " + std::to_string(trial) + " goes on from trial " +
                     std::to_string(parent) + ", but " + path.string() + " " + problem +
                     "; --overwrite runs the study anew");
}

TrialStates::TrialStates(std::filesystem::path results, bool shared)
    : results_(std::move(results)) {
  std::error_code ignored;
  for (auto const& entry : std::filesystem::directory_iterator(state_folder(results_), ignored)) {
    auto const& path = entry.path();
    auto const trial = trial_of(path);
    if (trial && path.extension() == state_extension) {
      of_trials_.insert(*trial);
    } else if (trial && path.extension() == end_extension) {
      of_ends_.insert(*trial);
    } else if (!shared) {
      retired_.push_back(path);  // what a killed process was writing
    }
  }
}

void TrialStates::retire(std::uint64_t trial, bool keeps_end) {
  if (keeps_end) of_ends_.insert(trial);
  if (of_trials_.erase(trial) > 0) retired_.push_back(state_file(results_, trial));
}

void TrialStates::retire_ends_before(std::uint64_t trial) {
  for (auto const end = of_ends_.lower_bound(trial); of_ends_.begin() != end;) {
    retired_.push_back(end_state_file(results_, *of_ends_.begin()));
    of_ends_.erase(of_ends_.begin());
  }
}

void TrialStates::remove_retired() {
  for (auto const& path : retired_) remove_file(path);
  retired_.clear();
}

void TrialStates::remove_all() {
  remove_folder(state_folder(results_));
  of_trials_.clear();
  of_ends_.clear();
  retired_.clear();
}

}  // namespace engram
