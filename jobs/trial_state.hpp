#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/study.hpp"

namespace engram {

/// What a trial is, as text: states are only for the trial that saved them, of the same build.
std::string identity_of(Study const& study, Trial const& trial);

/// Numbers of a trial that has not ended, or those that it ended with, as a file has them.
struct TrialState {
  std::string identity;
  std::vector<double> values;
};

// Files in a folder beside the results file; each is written anew and takes the place of the one
// before, whole and durable.
std::filesystem::path state_folder(std::filesystem::path const& results);
/// Of a trial that has not ended.
std::filesystem::path state_file(std::filesystem::path const& results, std::uint64_t trial);
/// Of one that has, for those that continue it.
std::filesystem::path end_state_file(std::filesystem::path const& results, std::uint64_t trial);

/// Throws StorageError.
void write_state(std::filesystem::path const& path, TrialState const& state);

/// std::nullopt: there is none, or it is damaged. Throws StorageError if it can't be read.
std::optional<TrialState> read_state(std::filesystem::path const& path);

/// Throws what a run does whose trial can't go on from another's state.
[[noreturn]] void throw_no_state(std::filesystem::path const& path, std::uint64_t trial,
                                 std::uint64_t parent, std::string const& problem);

/// Which states of a study's trials there are beside its results; on rank 0. States go when they
/// are needed no more, which is once the records of what came of them are durable.
class TrialStates {
 public:
  /// Finds those that earlier runs have left.
  /// @param shared  other parts of the study write there, too
  explicit TrialStates(std::filesystem::path results, bool shared = false);

  /// Whether the trial, which has not ended, goes on from a state of its own.
  bool has(std::uint64_t trial) const { return of_trials_.contains(trial); }

  void add(std::uint64_t trial) { of_trials_.insert(trial); }

  /// The trial has ended.
  /// @param keeps_end  it left the state that it ended with
  void retire(std::uint64_t trial, bool keeps_end);

  /// No trial continues one of those before this one any more.
  void retire_ends_before(std::uint64_t trial);

  bool has_retired() const { return !retired_.empty(); }

  /// Call it when all records are durable. Throws StorageError.
  void remove_retired();

  /// Throws StorageError.
  void remove_all();

 private:
  std::filesystem::path results_;
  std::set<std::uint64_t> of_trials_, of_ends_;
  std::vector<std::filesystem::path> retired_;
};

}  // namespace engram
