#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/lanes.hpp"
#include "core/spiking/decay_table.hpp"

namespace engram {

/// The last spikes of a target, the newest first, as the ends of their steps; zeros after the last.
/// As much as a processor fetches from memory in one go.
struct alignas(64) SpikeLog {
  static constexpr std::uint32_t capacity = 16;
  std::uint32_t end[capacity] = {};

  /// How many there are in `step` and later.
  std::uint32_t num_since(std::uint32_t step) const {
#if defined(ENGRAM_VECTOR_EXTENSION) && defined(__AVX512F__)
    auto const later =
        _mm512_cmpgt_epu32_mask(_mm512_load_si512(end), _mm512_set1_epi32(static_cast<int>(step)));
    return static_cast<std::uint32_t>(__builtin_popcount(later));
#else
    std::uint32_t num = 0;
    for (std::uint32_t const e : end) num += e > step ? 1u : 0u;
    return num;
#endif
  }
};

/// The targets of a plastic projection: their traces, and their spikes that not all synapses have
/// heard of.
template <int num_traces>
class PostSide {
 public:
  PostSide(std::size_t num_targets, float const* decay, bool nearest)
      : logs_(num_targets),
        newest_(num_targets, 0),
        logged_(num_targets * SpikeLog::capacity),
        nearest_(nearest) {
    for (int i = 0; i < num_traces; ++i) {
      traces_[i].assign(num_targets, 0.0f);
      decay_[i] = decay[i];
    }
  }

  /// The traces, for use in loops.
  struct Traces {
    float const* values[num_traces];
    void read(std::size_t target, float (&y)[num_traces]) const {
      for (int i = 0; i < num_traces; ++i) y[i] = values[i][target];
    }
  };
  Traces traces() const {
    Traces all;
    for (int i = 0; i < num_traces; ++i) all.values[i] = traces_[i].data();
    return all;
  }

  SpikeLog const& log(std::size_t target) const { return logs_[target]; }
  /// The end of the step of a target's newest spike in the log; 0: there is none.
  std::uint32_t newest(std::size_t target) const { return newest_[target]; }
  /// The traces just before spike `i` of a target's log.
  float const* logged(std::size_t target, std::uint32_t i) const {
    return logged_[target * SpikeLog::capacity + i].data();
  }

  /// By target.
  void append_traces(std::vector<float>& values) const {
    for (std::size_t t = 0; t < logs_.size(); ++t)
      for (auto const& trace : traces_) values.push_back(trace[t]);
  }
  void set_traces(std::span<float const> values) {
    for (std::size_t t = 0; t < logs_.size(); ++t)
      for (std::size_t i = 0; i < traces_.size(); ++i)
        traces_[i][t] = values[t * traces_.size() + i];
  }

  bool is_full(std::size_t target) const { return logs_[target].end[SpikeLog::capacity - 1] != 0; }
  void forget() {
    std::fill(logs_.begin(), logs_.end(), SpikeLog());
    std::fill(newest_.begin(), newest_.end(), 0u);
  }

  /// The traces rise after the log has taken them down.
  void add_spike(std::size_t target, std::uint32_t step) {
    auto& end = logs_[target].end;
    std::copy_backward(end, end + SpikeLog::capacity - 1, end + SpikeLog::capacity);
    end[0] = newest_[target] = step + 1;
    auto const logged = logged_.begin() + static_cast<std::ptrdiff_t>(target * SpikeLog::capacity);
    std::copy_backward(logged, logged + SpikeLog::capacity - 1, logged + SpikeLog::capacity);
    for (int i = 0; i < num_traces; ++i) {
      float& trace = traces_[i][target];
      (*logged)[i] = trace;
      trace = nearest_ ? 1.0f : trace + 1.0f;
    }
  }

  /// One step.
  void decay() {
    for (int i = 0; i < num_traces; ++i) {
      float* const values = traces_[i].data();
      float const factor = decay_[i];
      std::size_t const n = traces_[i].size();
      ENGRAM_INDEPENDENT_ITERATIONS
      for (std::size_t t = 0; t < n; ++t) {
        float const decayed = values[t] * factor;
        values[t] = decayed < smallest_trace ? 0.0f : decayed;
      }
    }
  }

  static constexpr std::size_t bytes_a_target =
      sizeof(SpikeLog) + sizeof(std::uint32_t) +
      num_traces * (SpikeLog::capacity + 1) * sizeof(float);
  std::uint64_t num_bytes() const { return logs_.size() * bytes_a_target; }

 private:
  std::vector<SpikeLog> logs_;
  std::vector<std::uint32_t> newest_;
  std::vector<std::array<float, num_traces>> logged_;  ///< [target][spike of the log][trace]
  std::array<std::vector<float>, num_traces> traces_;
  float decay_[num_traces];
  bool nearest_;
};

}  // namespace engram
