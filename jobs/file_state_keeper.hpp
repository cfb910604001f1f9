#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "experiments/checkpoint.hpp"

namespace engram {

/// Keeps a trial's states in files beside the results.
class FileStateKeeper final : public StateKeeper {
 public:
  struct Settings {
    std::filesystem::path results;
    std::uint64_t trial = 0;
    std::string identity;
    std::vector<double> first;       ///< the state that the trial begins with; empty: none
    double interval_s = 0.0;         ///< between states that are saved; 0: only if the run ends
    bool keeps_end = false;          ///< other trials go on from what this one ends with
    std::function<bool()> suspends;  ///< whether the run ends
  };

  explicit FileStateKeeper(Settings settings);

  std::vector<double> load() override { return settings_.first; }
  Wish wish() override;
  void save(std::vector<double> state) override;

  /// The trial is complete. Throws StorageError.
  void end();

  /// Whether a state was saved that is not the end's.
  bool has_saved() const { return has_saved_; }

 private:
  using Clock = std::chrono::steady_clock;

  Settings settings_;
  Clock::time_point last_save_;
  bool writes_ = false, has_saved_ = false;
  std::vector<double> last_;  ///< if it keeps the end
};

}  // namespace engram
