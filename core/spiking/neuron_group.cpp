#include "core/spiking/neuron_group.hpp"

#include <algorithm>

namespace engram {

namespace {

std::size_t whole_blocks(std::size_t n) {
  return (n + neuron_block - 1) / neuron_block * neuron_block;
}

}  // namespace

NeuronGroup::NeuronGroup(NeuronRange range, int num_inputs)
    : range_(range),
      inputs_(static_cast<std::size_t>(num_inputs),
              std::vector<float>(whole_blocks(range.size()), 0.0f)),
      fires_(whole_blocks(range.size()), 0) {}

void NeuronGroup::add(PoissonDrive const& drive, Key key, double dt_ms) {
  if (!(drive.rate_hz >= 0.0))
    throw std::invalid_argument("a Poisson drive needs a rate from 0 on");
  check_input(drive.input);
  poisson_.push_back({PoissonCounts(key, drive.rate_hz * 1e-3 * dt_ms),
                      static_cast<float>(drive.weight), drive.input});
}

void NeuronGroup::add(NoiseDrive const& drive, Key key) {
  check_input(drive.input);
  noise_.push_back({drive, key});
}

void NeuronGroup::check_input(int i) const {
  if (i < 0 || i >= num_inputs()) {
    throw std::invalid_argument("a neuron has the inputs 0 to " + std::to_string(num_inputs() - 1) +
                                ", got " + std::to_string(i));
  }
}

void NeuronGroup::step(std::int64_t step, std::vector<std::uint32_t>& fired) {
  std::size_t const n = range_.size();
  for (auto const& source : poisson_) {
    float* const in = input(source.input);
    for (std::size_t begin = 0; begin < n; begin += neuron_block) {
      float counts[neuron_block];
      source.counts.block((range_.first + begin) / neuron_block, static_cast<std::uint64_t>(step),
                          counts);
      for (std::size_t i = 0; i < neuron_block; ++i) {
        in[begin + i] = fused(source.weight, counts[i], in[begin + i]);
      }
    }
  }
  for (auto const& source : noise_) {
    float* const in = input(source.drive.input);
    Random const random(source.key.index(static_cast<std::uint64_t>(step)));
    for (std::size_t i = 0; i < n; ++i) {
      in[i] += static_cast<float>(source.drive.mean +
                                  source.drive.std_dev * random.normal(range_.first + i));
    }
  }
  advance(step, std::span(fires_).first(n));
  // Blocks are whole: what a drive adds beyond the range must not pile up.
  for (auto& in : inputs_) std::fill(in.begin() + static_cast<std::ptrdiff_t>(n), in.end(), 0.0f);
  fired.clear();
  for (std::size_t begin = 0; begin < n; begin += neuron_block) {
    std::int32_t any = 0;
    for (std::size_t i = 0; i < neuron_block; ++i) any |= fires_[begin + i];
    if (any == 0) continue;
    for (std::size_t i = begin; i < std::min(begin + neuron_block, n); ++i) {
      if (fires_[i] != 0) fired.push_back(static_cast<std::uint32_t>(i));
    }
  }
}

PoissonGroup::PoissonGroup(NeuronRange range, double rate_hz, Key key, double dt_ms)
    : NeuronGroup(range, 1), counts_(key, rate_hz * 1e-3 * dt_ms) {
  if (rate_hz * 1e-3 * dt_ms > 0.2) {
    throw std::invalid_argument(
        "Poisson neurons fire once a step at most: expected a rate of at most " +
        std::to_string(200.0 / dt_ms) + " Hz, got " + std::to_string(rate_hz));
  }
}

void PoissonGroup::advance(std::int64_t step, std::span<std::int32_t> fires) {
  std::fill_n(input(0), fires.size(), 0.0f);
  for (std::size_t begin = 0; begin < fires.size(); begin += neuron_block) {
    float counts[neuron_block];
    counts_.block((range().first + begin) / neuron_block, static_cast<std::uint64_t>(step), counts);
    for (std::size_t i = begin; i < std::min(begin + neuron_block, fires.size()); ++i) {
      fires[i] = counts[i - begin] > 0.0f ? 1 : 0;
    }
  }
}

SpikeListGroup::SpikeListGroup(NeuronRange range, std::span<SpikeTime const> spikes, double dt_ms)
    : NeuronGroup(range, 1) {
  for (auto const& spike : spikes) {
    if (spike.neuron < range.first || spike.neuron >= range.last) continue;
    // Step k ends at (k + 1) dt.
    events_.push_back({std::llround(spike.time_ms / dt_ms) - 1,
                       static_cast<std::uint32_t>(spike.neuron - range.first)});
  }
  std::stable_sort(events_.begin(), events_.end(),
                   [](Event const& a, Event const& b) { return a.step < b.step; });
}

void SpikeListGroup::advance(std::int64_t step, std::span<std::int32_t> fires) {
  std::fill_n(input(0), fires.size(), 0.0f);
  std::fill(fires.begin(), fires.end(), 0);
  while (next_ < events_.size() && events_[next_].step < step) ++next_;
  for (; next_ < events_.size() && events_[next_].step == step; ++next_) {
    fires[events_[next_].neuron] = 1;
  }
}

}  // namespace engram
