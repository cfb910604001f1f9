#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string>

namespace engram {

enum class ProgressStyle {
  none,
  bar,    ///< one line that is redrawn
  lines,  ///< plain lines, at 1, 2, 4, 8 s and then every 10 s
};

/// The bar if what is written to stderr ends at a terminal: directly, or through an mpirun that was
/// started on one and passes the output of its ranks on.
ProgressStyle progress_style_of_stderr();

/// How far a study is. Time is an argument, so that what it writes can be tested.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  struct State {
    std::uint64_t num_done = 0;  ///< recorded, earlier runs included
    std::uint64_t num_failed = 0;
    double best = std::numeric_limits<double>::quiet_NaN();
  };

  /// @param num_before  recorded by earlier runs: they don't count for the rate
  Progress(std::ostream& out, ProgressStyle style, std::string objective, std::uint64_t num_trials,
           std::uint64_t num_before, Clock::time_point start);

  /// Call often: writes only if it is time to.
  void update(State const& state, Clock::time_point now);

  /// A line of its own, above the bar.
  void message(std::string const& text);

  /// The last word: the bar or the line as it is at the end.
  void finish(State const& state, Clock::time_point now);

 private:
  std::string line(State const& state, Clock::time_point now) const;
  void draw(State const& state, Clock::time_point now);

  std::ostream& out_;
  ProgressStyle style_;
  std::string objective_;
  std::uint64_t num_trials_;
  std::uint64_t num_before_;
  Clock::time_point start_;
  std::chrono::seconds interval_{1};
  Clock::time_point next_;
  std::string drawn_;  ///< the bar on the screen
};

}  // namespace engram
