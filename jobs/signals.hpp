#pragma once

#include <span>

#include "experiments/experiment.hpp"
#include "jobs/space.hpp"

namespace engram {

/// While one of these lives, SIGINT, SIGTERM and SIGUSR1 don't end the process but ask for an
/// orderly stop; a batch system's warning before its time limit is such a signal. On the rank that
/// decides, a second SIGINT ends the process at once.
///
/// mpirun sends a signal to all ranks, and kills them a second later. Rank 0 decides; another rank
/// only gives its chunks back for two seconds, and goes on then if rank 0 was not asked.
class StopSignals {
 public:
  explicit StopSignals(bool decides);
  ~StopSignals();
  StopSignals(StopSignals const&) = delete;
  StopSignals& operator=(StopSignals const&) = delete;

  /// Whether a stop was asked for; on ranks that don't decide, within the last two seconds.
  bool requested() const;

 private:
  bool decides_;
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
