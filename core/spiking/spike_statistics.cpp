#include "core/spiking/spike_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace engram {

namespace {

/// Variance of n whole numbers, with n in the denominator.
double variance_of(std::uint64_t sum, std::uint64_t squares, std::int64_t n) {
  double const mean = static_cast<double>(sum) / static_cast<double>(n);
  return std::fmax(0.0, static_cast<double>(squares) / static_cast<double>(n) - mean * mean);
}

}  // namespace

SpikeStatistics::SpikeStatistics(std::uint64_t num_neurons, Options const& options)
    : options_(options), steps_a_bin_(1), trains_(num_neurons) {
  if (!(options.dt_ms > 0.0) || !(options.bin_ms > 0.0)) {
    throw std::invalid_argument("statistics of spikes need a step and a bin longer than 0 ms");
  }
  steps_a_bin_ = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::llround(options.bin_ms / options.dt_ms)));
}

void SpikeStatistics::add(std::span<std::uint32_t const> spikes, std::uint64_t first) {
  for (std::uint32_t const i : spikes) {
    auto& train = trains_.at(first + i);
    if (train.num_spikes == 0) {
      train.first_spike = step_;
    } else {
      auto const interval = static_cast<std::uint64_t>(step_ - train.last_spike);
      train.interval_squares += interval * interval;
    }
    train.last_spike = step_;
    ++train.num_spikes;
    if (train.in_bin++ == 0) fired_.push_back(static_cast<std::uint32_t>(first + i));
  }
  in_bin_ += spikes.size();
}

void SpikeStatistics::end_step() {
  if (++step_ % steps_a_bin_ == 0) end_bin();
}

void SpikeStatistics::end_bin() {
  for (std::uint32_t const i : fired_) {
    auto& train = trains_[i];
    train.in_bins += train.in_bin;
    train.bin_squares += std::uint64_t{train.in_bin} * train.in_bin;
    train.in_bin = 0;
  }
  fired_.clear();
  in_bins_ += in_bin_;
  bin_squares_ += in_bin_ * in_bin_;
  in_bin_ = 0;
  ++num_bins_;
}

void SpikeStatistics::exchange(StateArchive& archive) {
  for (auto& train : trains_) {
    archive(train.last_spike);
    archive(train.num_spikes);
    archive(train.in_bin);
    // Beyond the whole numbers of a double after some 10^8 steps without a spike.
    std::uint64_t high = train.interval_squares >> 32, low = train.interval_squares & 0xffffffff;
    archive(high);
    archive(low);
    train.interval_squares = high << 32 | low;
    archive(train.bin_squares);
    archive(train.first_spike);
    archive(train.in_bins);
  }
  archive(fired_);
  archive(step_);
  archive(num_bins_);
  archive(in_bin_);
  archive(in_bins_);
  archive(bin_squares_);
}

std::uint64_t SpikeStatistics::num_spikes() const {
  return in_bins_ + in_bin_;
}

double SpikeStatistics::rate_hz(std::uint64_t first, std::uint64_t last) const {
  if (first >= last || step_ == 0) return 0.0;
  std::uint64_t spikes = 0;
  for (std::uint64_t i = first; i < last; ++i) spikes += trains_.at(i).num_spikes;
  return static_cast<double>(spikes) / static_cast<double>(last - first) /
         (1e-3 * options_.dt_ms * static_cast<double>(step_));
}

SpikeStatistics::Irregularity SpikeStatistics::irregularity(std::uint32_t min_intervals) const {
  if (min_intervals < 2) {
    throw std::invalid_argument("the variance of intervals needs two of them at least");
  }
  Irregularity result;
  for (auto const& train : trains_) {
    if (train.num_spikes <= min_intervals) continue;
    double const n = train.num_spikes - 1.0;
    auto const sum = static_cast<double>(train.last_spike - train.first_spike);
    double const squares = static_cast<double>(train.interval_squares);
    double const variance = std::fmax(0.0, squares - sum * sum / n) / (n - 1.0);
    result.cv += std::sqrt(variance) * n / sum;
    ++result.num_neurons;
  }
  if (result.num_neurons > 0) result.cv /= static_cast<double>(result.num_neurons);
  return result;
}

double SpikeStatistics::population_variance() const {
  return variance_of(in_bins_, bin_squares_, num_bins_);
}

double SpikeStatistics::synchrony() const {
  if (num_bins_ == 0) return 0.0;
  double of_neurons = 0.0;
  for (auto const& train : trains_) {
    of_neurons += variance_of(train.in_bins, train.bin_squares, num_bins_);
  }
  if (!(of_neurons > 0.0)) return 0.0;
  // Var(sum / N) / (of_neurons / N)
  return std::sqrt(population_variance() / (static_cast<double>(num_neurons()) * of_neurons));
}

double SpikeStatistics::fano_factor() const {
  if (in_bins_ == 0) return 0.0;
  return population_variance() * static_cast<double>(num_bins_) / static_cast<double>(in_bins_);
}

}  // namespace engram
