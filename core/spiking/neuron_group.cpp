#include "core/spiking/neuron_group.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace engram {

NeuronGroup::NeuronGroup(NeuronRange range, int num_inputs)
    : range_(range),
      buffers_(static_cast<std::size_t>(num_inputs), std::vector<float>(padded_size(range), 0.0f)),
      takes_jumps_(false) {
  for (auto& buffer : buffers_) inputs_.push_back(buffer.data());
}

NeuronGroup::NeuronGroup(NeuronRange range, std::vector<float*> inputs)
    : range_(range), inputs_(std::move(inputs)), takes_jumps_(true) {}

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
  fired.clear();
  std::size_t const n = range_.size();
  for (std::size_t begin = 0; begin < n; begin += neuron_block) {
    std::int32_t fires[neuron_block];
    if (!takes_jumps_) drive(step, begin);
    advance(step, begin, fires);
    if (takes_jumps_) drive(step, begin);
    std::int32_t any = 0;
    for (std::size_t i = 0; i < neuron_block; ++i) any |= fires[i];
    if (any == 0) continue;
    std::size_t const count = std::min(neuron_block, n - begin);
    for (std::size_t i = 0; i < count; ++i) {
      if (fires[i] != 0) fired.push_back(static_cast<std::uint32_t>(begin + i));
    }
  }
}

void NeuronGroup::drive(std::int64_t step, std::size_t begin) {
  for (auto const& source : poisson_) {
    float counts[neuron_block];
    source.counts.block((range_.first + begin) / neuron_block, static_cast<std::uint64_t>(step),
                        counts);
    float* const in = input(source.input) + begin;
    for (std::size_t i = 0; i < neuron_block; ++i) in[i] = fused(source.weight, counts[i], in[i]);
  }
  for (auto const& source : noise_) {
    Random const random(source.key.index(static_cast<std::uint64_t>(step)));
    float* const in = input(source.drive.input) + begin;
    double const mean = source.drive.mean, std_dev = source.drive.std_dev;
    double const half_width = std_dev * std::sqrt(3.0);
    for (std::size_t i = 0; i < neuron_block; ++i) {
      std::uint64_t const neuron = range_.first + begin + i;
      in[i] += static_cast<float>(source.drive.uniform
                                      ? random.uniform(neuron, mean - half_width, mean + half_width)
                                      : mean + std_dev * random.normal(neuron));
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

void PoissonGroup::advance(std::int64_t step, std::size_t begin,
                           std::int32_t (&fires)[neuron_block]) {
  std::fill_n(input(0) + begin, neuron_block, 0.0f);
  float counts[neuron_block];
  counts_.block((range().first + begin) / neuron_block, static_cast<std::uint64_t>(step), counts);
  for (std::size_t i = 0; i < neuron_block; ++i) fires[i] = counts[i] > 0.0f ? 1 : 0;
}

SpikeListGroup::SpikeListGroup(NeuronRange range, std::span<SpikeTime const> spikes, double dt_ms)
    : NeuronGroup(range, 1) {
  for (auto const& spike : spikes) {
    if (spike.neuron < range.first || spike.neuron >= range.last) continue;
    // Step k ends at (k + 1) dt.
    events_.push_back({std::llround(spike.time_ms / dt_ms) - 1,
                       static_cast<std::uint32_t>(spike.neuron - range.first)});
  }
  std::sort(events_.begin(), events_.end(), [](Event const& a, Event const& b) {
    return std::pair(a.step, a.neuron) < std::pair(b.step, b.neuron);
  });
}

void SpikeListGroup::advance(std::int64_t step, std::size_t begin,
                             std::int32_t (&fires)[neuron_block]) {
  std::fill_n(input(0) + begin, neuron_block, 0.0f);
  std::fill(std::begin(fires), std::end(fires), 0);
  auto const at = [](Event const& event) { return std::pair(event.step, event.neuron); };
  auto const from = std::pair(step, static_cast<std::uint32_t>(begin));
  while (next_ < events_.size() && at(events_[next_]) < from) ++next_;
  for (; next_ < events_.size() && events_[next_].step == step &&
         events_[next_].neuron < begin + neuron_block;
       ++next_) {
    fires[events_[next_].neuron - begin] = 1;
  }
}

}  // namespace engram
