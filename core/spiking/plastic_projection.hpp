#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "core/spiking/decay_table.hpp"
#include "core/spiking/synapse.hpp"
#include "core/spiking/targets.hpp"

namespace engram {

namespace detail {

/// Traces of the targets, [trace][target], and their spikes that not all synapses have heard of.
template <int num_traces>
class PostSide {
 public:
  static constexpr std::uint32_t capacity = 15;
  /// As much as a processor fetches in one go.
  struct alignas(64) Log {
    std::uint32_t count = 0;
    std::uint32_t step[capacity];  ///< ascending
  };

  PostSide(std::size_t num_targets, float const* decay, bool nearest)
      : logs_(num_targets), logged_(num_targets * capacity * num_traces), nearest_(nearest) {
    for (int i = 0; i < num_traces; ++i) {
      traces_[i].assign(num_targets, 0.0f);
      decay_[i] = decay[i];
    }
  }

  void read(std::size_t target, float (&y)[num_traces]) const {
    for (int i = 0; i < num_traces; ++i) y[i] = traces_[i][target];
  }
  Log const& log(std::size_t target) const { return logs_[target]; }
  /// The traces just before a spike of the log.
  float const* logged(std::size_t target, std::uint32_t i) const {
    return logged_.data() + (target * capacity + i) * num_traces;
  }

  bool is_full(std::size_t target) const { return logs_[target].count == capacity; }
  void forget() {
    for (auto& log : logs_) log.count = 0;
  }
  void add_spike(std::size_t target, std::uint32_t step) {
    auto& log = logs_[target];
    for (int i = 0; i < num_traces; ++i) {
      float& trace = traces_[i][target];
      logged_[(target * capacity + log.count) * num_traces + static_cast<std::size_t>(i)] = trace;
      trace = nearest_ ? 1.0f : trace + 1.0f;
    }
    log.step[log.count++] = step;
  }
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

  std::uint64_t num_bytes() const {
    return logs_.size() * (sizeof(Log) + num_traces * (capacity + 1) * sizeof(float));
  }

 private:
  std::vector<Log> logs_;
  std::vector<float> logged_;  ///< [target][spike of the log][trace]
  std::array<std::vector<float>, num_traces> traces_;
  float decay_[num_traces];
  bool nearest_;
};

}  // namespace detail

/// Synapses that learn from the spikes of both sides. What the target's spikes do to a synapse is
/// made up for at the next spike of its source, one after the other as they came: the synapses of a
/// source lie side by side, those of a target do not, and no index of these is needed.
template <class Index, PlasticSynapse Model>
class PlasticProjection final : public Projection {
 public:
  PlasticProjection(Wiring const& wiring, Model const& model)
      : wiring_(wiring),
        sign_(static_cast<float>(wiring.sign)),
        constants_(model.constants(wiring.dt_ms)),
        synapses_(build_targets<Index>(wiring, &weights_)),
        rows_(synapses_.num_rows()),
        decay_(constants_.pre_decay, constants_.pre_decay + Model::num_pre),
        post_(wiring.targets.size(), constants_.post_decay, constants_.nearest) {
    if constexpr (ModulatedSynapse<Model>) eligibilities_.resize(weights_.size());
  }

  void deliver(std::span<std::uint32_t const> sources, std::size_t delay, std::int64_t step,
               NeuronGroup& targets) override {
    float* const in = targets.input(wiring_.input);
    auto const now = static_cast<std::uint32_t>(step);
    auto const constants = constants_;
    std::size_t const offset = delay * wiring_.ends.num_sources;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      std::size_t const r = offset + sources[i];
      std::size_t const next = offset + sources[std::min(i + 1, sources.size() - 1)];
      Row& row = rows_[r];
      float x[Model::num_pre];
      for (int p = 0; p < Model::num_pre; ++p) x[p] = row.after[p] * decay_[p](now - row.last);
      synapses_.for_each_piece(
          r, next, [&](std::uint32_t k, std::uint32_t end, std::uint32_t ahead) {
            Targets<Index>::prefetch(weights_.data() + ahead);
            Targets<Index>::prefetch(weights_.data() + ahead + Targets<Index>::line / 2);
            for (; k < end; ++k) {
              std::size_t const t = synapses_.target[k];
              float y[Model::num_post];
              post_.read(t, y);
              float& value = learning()[k];
              float const caught_up = catch_up(row, value, t);
              float const changed = Model::on_pre(constants, caught_up, x, y);
              in[t] = fused(sign_, ModulatedSynapse<Model> ? weights_[k] : caught_up, in[t]);
              value = changed;
            }
          });
      for (int p = 0; p < Model::num_pre; ++p) {
        row.before[p] = x[p];
        row.after[p] = constants.nearest ? 1.0f : x[p] + 1.0f;
      }
      row.last = now;
    }
  }

  void end_step(std::int64_t step, std::span<std::uint32_t const> fired) override {
    for (std::uint32_t const t : fired) {
      if (post_.is_full(t)) catch_up_all();
      post_.add_spike(t, static_cast<std::uint32_t>(step));
    }
    post_.decay();
    if constexpr (ModulatedSynapse<Model>) {
      if ((step + 1) % constants_.interval_steps == 0) consolidate();
    }
  }

  void set_modulator(double level) override { modulator_ = static_cast<float>(level); }

  std::uint64_t num_synapses() const override { return synapses_.target.size(); }
  std::uint64_t num_bytes() const override {
    return synapses_.num_bytes() + (weights_.size() + eligibilities_.size()) * sizeof(float) +
           rows_.size() * sizeof(Row) + post_.num_bytes();
  }
  std::vector<SynapseRecord> synapses() const override {
    return records_of(synapses_, wiring_, [&](std::size_t r, std::uint32_t k) {
      return ModulatedSynapse<Model> ? weights_[k]
                                     : catch_up(rows_[r], weights_[k], synapses_.target[k]);
    });
  }

 private:
  /// The last arrival of a source's spikes at a row, and the source's traces then.
  struct Row {
    std::uint32_t last = 0;
    float before[Model::num_pre] = {}, after[Model::num_pre] = {};
  };

  /// What the spikes of a synapse change.
  std::vector<float>& learning() {
    if constexpr (ModulatedSynapse<Model>) {
      return eligibilities_;
    } else {
      return weights_;
    }
  }

  /// `value` after the spikes of target t since the row's last arrival. A spike in the step of the
  /// arrival itself comes after it, but before the trace takes the arrival in.
  float catch_up(Row const& row, float value, std::size_t t) const {
    auto const& log = post_.log(t);
    std::uint32_t i = log.count;
    while (i > 0 && log.step[i - 1] >= row.last) --i;
    for (; i < log.count; ++i) {
      std::uint32_t const elapsed = log.step[i] - row.last;
      float x[Model::num_pre];
      for (int p = 0; p < Model::num_pre; ++p) {
        x[p] = elapsed == 0 ? row.before[p] : row.after[p] * decay_[p](elapsed);
      }
      value = Model::on_post(constants_, value, x, post_.logged(t, i));
    }
    return value;
  }

  /// Lets the logs be emptied.
  void catch_up_all() {
    auto& values = learning();
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      for (std::uint32_t k = synapses_.first[r]; k < synapses_.first[r + 1]; ++k) {
        values[k] = catch_up(rows_[r], values[k], synapses_.target[k]);
      }
    }
    post_.forget();
  }

  void consolidate() {
    catch_up_all();
    auto const constants = constants_;
    float const modulator = modulator_;
    float *const weights = weights_.data(), *const eligibilities = eligibilities_.data();
    std::size_t const n = weights_.size();
    ENGRAM_INDEPENDENT_ITERATIONS
    for (std::size_t k = 0; k < n; ++k) {
      weights[k] = Model::consolidate(constants, weights[k], eligibilities[k], modulator);
      eligibilities[k] *= constants.eligibility_decay;
    }
  }

  Wiring wiring_;
  float sign_;
  typename Model::Constants constants_;
  std::vector<float> weights_;        ///< [synapse]
  std::vector<float> eligibilities_;  ///< [synapse], empty without a modulator
  float modulator_ = 0.0f;
  Targets<Index> synapses_;
  std::vector<Row> rows_;
  std::vector<DecayTable> decay_;  ///< of a source's traces
  detail::PostSide<Model::num_post> post_;
};

}  // namespace engram
