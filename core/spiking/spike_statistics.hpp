#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/state_archive.hpp"

namespace engram {

/// Statistics of spike trains, taken in step by step, so that memory goes with the number of
/// neurons and not with that of spikes. Sums are of whole numbers, and so do not depend on any
/// order.
class SpikeStatistics {
 public:
  /// Bins of 3 ms are those of Potjans & Diesmann 2014, doi 10.1093/cercor/bhs358.
  struct Options {
    double dt_ms = 0.1;
    double bin_ms = 3.0;  ///< of counts, rounded to steps
  };

  /// Throws std::invalid_argument unless times are positive.
  SpikeStatistics(std::uint64_t num_neurons, Options const& options);

  /// Spikes of the present step; of a population whose neurons begin at `first`.
  void add(std::span<std::uint32_t const> spikes, std::uint64_t first = 0);
  void end_step();

  /// Writes or reads all that has been taken in.
  void exchange(StateArchive& archive);

  std::int64_t num_steps() const { return step_; }
  std::uint64_t num_neurons() const { return trains_.size(); }
  std::uint64_t num_spikes() const;

  /// Mean rate of the neurons in [first, last); zero without neurons or steps.
  double rate_hz(std::uint64_t first, std::uint64_t last) const;
  double rate_hz() const { return rate_hz(0, num_neurons()); }

  struct Irregularity {
    double cv = 0.0;                ///< mean over those neurons; zero if there are none
    std::uint64_t num_neurons = 0;  ///< with intervals enough
  };

  /// Coefficient of variation of a neuron's interspike intervals, with the unbiased variance,
  /// averaged over the neurons that have at least `min_intervals` of them. The mean over n
  /// intervals of a Poisson process is about 1 - 1 / n. Throws std::invalid_argument unless
  /// min_intervals > 1.
  Irregularity irregularity(std::uint32_t min_intervals = 10) const;

  /// Golomb's measure of synchrony (Golomb & Rinzel 1993, doi 10.1103/PhysRevE.48.4810; Golomb
  /// 2007, doi 10.4249/scholarpedia.1347) with a neuron's spikes in a bin as its activity: the
  /// standard deviation over time of the mean over neurons, divided by the root of the neurons'
  /// mean variance. 1 if all neurons fire together, 1 / sqrt(number of neurons) if they are
  /// independent; zero without variance.
  double synchrony() const;

  /// Variance over mean of all neurons' spikes in a bin (Potjans & Diesmann 2014): 1 for
  /// independent Poisson processes; goes with the number of neurons if these are synchronous. Zero
  /// without spikes.
  double fano_factor() const;

 private:
  struct Train {
    std::int64_t last_spike = -1;
    std::uint32_t num_spikes = 0;
    std::uint32_t in_bin = 0;
    std::uint64_t interval_squares = 0;
    std::uint64_t bin_squares = 0;
    std::int64_t first_spike = -1;
    std::uint64_t in_bins = 0;  ///< spikes in whole bins
  };

  void end_bin();
  double population_variance() const;

  Options options_;
  std::int64_t steps_a_bin_;
  std::vector<Train> trains_;
  std::vector<std::uint32_t> fired_;  ///< neurons with spikes in the present bin
  std::int64_t step_ = 0, num_bins_ = 0;
  std::uint64_t in_bin_ = 0;       ///< of all neurons
  std::uint64_t in_bins_ = 0;      ///< of all neurons, in whole bins
  std::uint64_t bin_squares_ = 0;  ///< of all neurons together
};

}  // namespace engram
