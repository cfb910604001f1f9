#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "experiments/experiment.hpp"
#include "jobs/space.hpp"

namespace engram {

/// When a run stops by itself, and how long its trials may go on then.
struct StopLimits {
  double max_time_s = 0.0;  ///< of the run, from now on; 0: none
  double grace_s = 20.0;    ///< from a request on; trials that go on are given up
};

/// While one of these lives, SIGINT, SIGTERM, SIGUSR1 and SIGUSR2 don't end the process but ask for
/// an orderly stop, as does the end of the run's time; a batch system's warning before its time
/// limit is such a signal. On the rank that decides, a second SIGINT ends the process at once.
/// SIGXFSZ is ignored: a write beyond the limit on file sizes fails like one to a full disk.
///
/// mpirun sends a signal to all ranks, and kills them two seconds after SIGINT and SIGTERM. Rank 0
/// decides; another rank suspends its trial and gives its chunks back for two seconds, and goes on
/// then unless it has learned that rank 0 was asked.
class StopSignals {
 public:
  using Clock = std::chrono::steady_clock;

  explicit StopSignals(bool decides, StopLimits const& limits = {});
  ~StopSignals();
  StopSignals(StopSignals const&) = delete;
  StopSignals& operator=(StopSignals const&) = delete;

  /// Whether a stop was asked for; on ranks that don't decide, within the last two seconds.
  bool requested() const;

  /// The rank that decides was asked to stop, and so is this one, for good. From any thread.
  void learn_of_stop();

  /// Whether running trials are to be suspended: from a request on, until `settle`.
  bool suspends() const;

  /// This rank has suspended its trial.
  void settle();

  double grace_s() const { return grace_s_; }

  /// How this process ended, for `note_end_in`: 0 if it was without a word.
  enum End : std::uint32_t { unknown = 0, told = 1, fatal_signal = 2 };

  /// `end`, if any, becomes what ends this process: the first signal, or call of `note_told`, or
  /// fatal signal.
  static void note_end_in(std::atomic<std::uint32_t>* end);
  /// This process ends for a reason that is not its trial's.
  static void note_told();

  /// Instant at which running trials are given up, for `Deadline::cut_short_by`.
  std::atomic<Clock::rep> const& trials_end() const;

 private:
  bool time_is_over() const { return time_limit_ && Clock::now() >= *time_limit_; }

  std::atomic<bool> decides_;
  double grace_s_;
  std::optional<Clock::time_point> time_limit_;
  Clock::rep trials_end_;  ///< without signals
};

/// While one of these lives, a fatal signal (abort, segmentation fault, …) prints which trials this
/// rank was evaluating, and then does what it did before.
class CrashReport {
 public:
  CrashReport(int rank, std::string const& host, SearchSpace const& space);
  ~CrashReport();
  CrashReport(CrashReport const&) = delete;
  CrashReport& operator=(CrashReport const&) = delete;

  /// The trials that are being evaluated; they have to outlive the call of `clear`.
  void set(std::span<Trial const> trials);
  void clear() { set({}); }
};

}  // namespace engram
