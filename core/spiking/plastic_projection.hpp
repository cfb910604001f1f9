#pragma once

#include <algorithm>
#include <vector>

#include "core/spiking/decay_table.hpp"
#include "core/spiking/post_side.hpp"
#include "core/spiking/synapse.hpp"
#include "core/spiking/targets.hpp"

namespace engram {

/// Synapses that learn from the spikes of both sides. What the target's spikes do to a synapse is
/// made up for at the next spike of its source, one after the other as they came: the synapses of a
/// source lie side by side, those of a target do not, and no index of these is needed.
template <class Index, PlasticSynapse Model>
class PlasticProjection final : public Projection {
 public:
  /// The last arrival of a source's spikes at a row, and the source's traces then.
  struct Row {
    std::uint32_t last = 0;
    float before[Model::num_pre] = {}, after[Model::num_pre] = {};
  };

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
    auto const post = post_.traces();
    float* const values = learning().data();
    Index const* const target = synapses_.target.data();
    float const sign = sign_;
    std::size_t const offset = delay * wiring_.ends.num_sources;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      std::size_t const r = offset + sources[i];
      std::size_t const next = offset + sources[std::min(i + 1, sources.size() - 1)];
      Row& row = rows_[r];
      float x[Model::num_pre];
      for (int p = 0; p < Model::num_pre; ++p) x[p] = row.after[p] * decay_[p](now - row.last);
      synapses_.for_each_piece(
          r, next, [&](std::uint32_t k, std::uint32_t end, std::uint32_t ahead) {
            Targets<Index>::prefetch(values + ahead);
            Targets<Index>::prefetch(values + ahead + Targets<Index>::line / 2);
            catch_up_piece(row, k, end);
            if constexpr (ModulatedSynapse<Model>) {
              for (std::uint32_t j = k; j < end; ++j) {
                in[target[j]] = fused(sign, weights_[j], in[target[j]]);
              }
            } else {
              for (std::uint32_t j = k; j < end; ++j) {
                in[target[j]] = fused(sign, values[j], in[target[j]]);
              }
            }
            ENGRAM_INDEPENDENT_ITERATIONS
            for (std::uint32_t j = k; j < end; ++j) {
              float y[Model::num_post];
              post.read(target[j], y);
              values[j] = Model::on_pre(constants, values[j], x, y);
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

  ProjectionState state() override {
    catch_up_all();
    ProjectionState state;
    for (auto const k : synapses_.by_target(wiring_.targets.size())) {
      state.of_synapses.push_back(weights_[k]);
      if constexpr (ModulatedSynapse<Model>) state.of_synapses.push_back(eligibilities_[k]);
    }
    post_.append_traces(state.of_targets);
    auto& of_sources = state.of_sources;
    of_sources.push_back(modulator_);
    for (auto const& row : rows_) {
      of_sources.push_back(row.last);
      of_sources.insert(of_sources.end(), row.before, row.before + Model::num_pre);
      of_sources.insert(of_sources.end(), row.after, row.after + Model::num_pre);
    }
    return state;
  }
  void set_state(ProjectionState const& state) override {
    auto of_synapse = state.of_synapses.begin();
    for (auto const k : synapses_.by_target(wiring_.targets.size())) {
      weights_[k] = *of_synapse++;
      if constexpr (ModulatedSynapse<Model>) eligibilities_[k] = *of_synapse++;
    }
    post_.forget();
    post_.set_traces(state.of_targets);
    auto of_source = state.of_sources.begin();
    modulator_ = static_cast<float>(*of_source++);
    for (auto& row : rows_) {
      row.last = static_cast<std::uint32_t>(*of_source++);
      for (auto& trace : row.before) trace = static_cast<float>(*of_source++);
      for (auto& trace : row.after) trace = static_cast<float>(*of_source++);
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
    for (std::uint32_t i = log.num_since(row.last); i-- > 0;) {
      std::uint32_t const elapsed = log.end[i] - 1 - row.last;
      float x[Model::num_pre];
      for (int p = 0; p < Model::num_pre; ++p) {
        x[p] = elapsed == 0 ? row.before[p] : row.after[p] * decay_[p](elapsed);
      }
      value = Model::on_post(constants_, value, x, post_.logged(t, i));
    }
    return value;
  }

  /// Synapses [begin, end) of a row, at most a line of them.
  void catch_up_piece(Row const& row, std::uint32_t begin, std::uint32_t end) {
    // Those with something to catch up are found without a branch, which would be taken at random.
    std::uint32_t pending[Targets<Index>::line], num_pending = 0;
    for (std::uint32_t k = begin; k < end; ++k) {
      pending[num_pending] = k;
      num_pending += post_.newest(synapses_.target[k]) > row.last ? 1u : 0u;
    }
    float* const values = learning().data();
    for (std::uint32_t i = 0; i < num_pending; ++i) {
      std::uint32_t const k = pending[i];
      values[k] = catch_up(row, values[k], synapses_.target[k]);
    }
  }

  /// Lets the logs be emptied.
  void catch_up_all() {
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      synapses_.for_each_piece(r, r, [&](std::uint32_t k, std::uint32_t end, std::uint32_t) {
        catch_up_piece(rows_[r], k, end);
      });
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
  PostSide<Model::num_post> post_;
};

}  // namespace engram
