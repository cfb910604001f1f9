#pragma once

#include <vector>

#include "core/spiking/synapse.hpp"
#include "core/spiking/targets.hpp"

namespace engram {

/// Synapses that do not learn: one weight for all, or one each; with a release that depends on the
/// source's past, or without.
template <class Index>
class FixedProjection final : public Projection {
 public:
  /// @param release  null: every spike passes the whole weight on
  FixedProjection(Wiring const& wiring, TsodyksMarkramSynapse const* release)
      : wiring_(wiring), sign_(static_cast<float>(wiring.sign)) {
    auto const* constant = std::get_if<ConstantWeight>(&wiring.weight);
    if (constant != nullptr) weight_ = static_cast<float>(constant->value);
    targets_ = build_targets<Index>(wiring, constant != nullptr ? nullptr : &weights_);
    if (release != nullptr) {
      release_ = *release;
      states_.resize(targets_.num_rows());
    }
  }

  void deliver(std::span<std::uint32_t const> sources, std::size_t delay, std::int64_t step,
               NeuronGroup& neurons) override {
    float* const in = neurons.input(wiring_.input);
    Index const* const target = targets_.target.data();
    std::size_t const offset = delay * wiring_.ends.num_sources;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      std::size_t const row = offset + sources[i];
      std::size_t const next = offset + sources[std::min(i + 1, sources.size() - 1)];
      float scale = sign_;
      if (!states_.empty()) {
        scale *= static_cast<float>(release_.release(states_[row], step, wiring_.dt_ms));
      }
      if (weights_.empty()) {
        float const w = scale * weight_;
        targets_.for_each_piece(row, next, [&](std::uint32_t k, std::uint32_t end, std::uint32_t) {
          for (; k < end; ++k) in[target[k]] += w;
        });
      } else {
        float const* const weights = weights_.data();
        targets_.for_each_piece(
            row, next, [&](std::uint32_t k, std::uint32_t end, std::uint32_t ahead) {
              Targets<Index>::prefetch(weights + ahead);
              Targets<Index>::prefetch(weights + ahead + Targets<Index>::line / 2);
              for (; k < end; ++k) in[target[k]] = fused(scale, weights[k], in[target[k]]);
            });
      }
    }
  }

  void end_step(std::int64_t, std::span<std::uint32_t const>) override {}

  ProjectionState state() override {
    ProjectionState state;
    for (auto const& s : states_) {
      state.of_sources.insert(state.of_sources.end(), {s.u, s.x, static_cast<double>(s.step)});
    }
    return state;
  }
  void set_state(ProjectionState const& state) override {
    auto value = state.of_sources.begin();
    for (auto& s : states_) {
      s.u = *value++;
      s.x = *value++;
      s.step = static_cast<std::int64_t>(*value++);
    }
  }

  std::uint64_t num_synapses() const override { return targets_.target.size(); }
  std::uint64_t num_bytes() const override {
    return targets_.num_bytes() + weights_.size() * sizeof(float) +
           states_.size() * sizeof(TsodyksMarkramSynapse::State);
  }
  std::vector<SynapseRecord> synapses() const override {
    return records_of(targets_, wiring_, [&](std::size_t, std::uint32_t k) {
      return weights_.empty() ? weight_ : weights_[k];
    });
  }

 private:
  Wiring wiring_;
  float weight_ = 0.0f, sign_;
  Targets<Index> targets_;
  std::vector<float> weights_;  ///< empty: `weight_` for all
  TsodyksMarkramSynapse release_;
  std::vector<TsodyksMarkramSynapse::State> states_;  ///< [row], empty without
};

}  // namespace engram
