#include "core/spiking/projection.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace engram {

namespace {

/// Weight of a synapse by its name (see for_each_connection).
float draw_weight(WeightRule const& rule, Key key, std::uint64_t owner, std::uint32_t n) {
  if (auto const* constant = std::get_if<ConstantWeight>(&rule)) {
    return static_cast<float>(constant->value);
  }
  Random const random(key.index(owner));
  if (auto const* uniform = std::get_if<UniformWeight>(&rule)) {
    return static_cast<float>(random.uniform(n, uniform->low, uniform->high));
  }
  auto const& normal = std::get<NormalWeight>(rule);
  double const w = normal.mean + normal.std_dev * random.normal(n);
  return static_cast<float>(w * normal.mean < 0.0 ? 0.0 : w);
}

/// Targets by source: those of source s are [first[s], first[s + 1]). Index is the smallest type
/// that holds the range: half the memory traffic of a spike is indices.
template <class Index>
struct Targets {
  std::vector<std::uint32_t> first;
  std::vector<Index> target;

  std::uint64_t num_bytes() const { return first.size() * 4 + target.size() * sizeof(Index); }
};

bool by_source(ConnectionRule const& rule) {
  return std::holds_alternative<FixedOutDegree>(rule);
}

template <class Index>
Targets<Index> build_targets(ProjectionSpec const& spec, ProjectionEnds const& ends, Key key,
                             NeuronRange range, std::vector<float>* weights) {
  Targets<Index> result;
  auto& first = result.first;
  first.assign(ends.num_sources + 1, 0);
  for_each_connection(spec.rule, ends, key, range.first, range.last,
                      [&](std::uint64_t s, std::uint64_t, std::uint32_t) { ++first[s + 1]; });
  std::partial_sum(first.begin(), first.end(), first.begin());
  result.target.resize(first.back());
  if (weights != nullptr) weights->resize(first.back());
  // Filling moves every beginning to its end; then they are the beginnings, one further.
  Key const weight_key = key.stream("weight");
  for_each_connection(spec.rule, ends, key, range.first, range.last,
                      [&](std::uint64_t s, std::uint64_t t, std::uint32_t n) {
                        std::uint32_t const at = first[s]++;
                        result.target[at] = static_cast<Index>(t - range.first);
                        if (weights != nullptr) {
                          (*weights)[at] =
                              draw_weight(spec.weight, weight_key, by_source(spec.rule) ? s : t, n);
                        }
                      });
  std::copy_backward(first.begin(), first.end() - 1, first.end());
  first[0] = 0;
  return result;
}

template <class Index>
void append_records(Targets<Index> const& synapses, NeuronRange range,
                    std::vector<float> const& weights, float weight,
                    std::vector<SynapseRecord>& records) {
  for (std::size_t s = 0; s + 1 < synapses.first.size(); ++s) {
    for (std::uint32_t k = synapses.first[s]; k < synapses.first[s + 1]; ++k) {
      records.push_back(
          {s, range.first + synapses.target[k], weights.empty() ? weight : weights[k]});
    }
  }
}

/// Synapses that do not learn: one weight for all, or one each; with a release that depends on the
/// source's past, or without.
template <class Index>
class FixedProjection final : public Projection {
 public:
  FixedProjection(ProjectionSpec const& spec, ProjectionEnds const& ends, Key key,
                  NeuronRange range, double dt_ms)
      : range_(range), input_(spec.input), dt_ms_(dt_ms) {
    auto const* constant = std::get_if<ConstantWeight>(&spec.weight);
    weight_ = static_cast<float>((constant != nullptr ? constant->value : 1.0));
    sign_ = static_cast<float>(spec.sign);
    synapses_ = build_targets<Index>(spec, ends, key, range, constant ? nullptr : &weights_);
    if (auto const* markram = std::get_if<TsodyksMarkramSynapse>(&spec.synapse)) {
      release_ = *markram;
      states_.resize(ends.num_sources);
    }
  }

  void deliver(std::span<std::uint32_t const> sources, std::int64_t step,
               NeuronGroup& targets) override {
    float* const in = targets.input(input_);
    Index const* const target = synapses_.target.data();
    for (std::uint32_t const s : sources) {
      float scale = sign_;
      if (!states_.empty()) scale *= static_cast<float>(release_.release(states_[s], step, dt_ms_));
      std::uint32_t const end = synapses_.first[s + 1];
      if (weights_.empty()) {
        float const w = scale * weight_;
        for (std::uint32_t k = synapses_.first[s]; k < end; ++k) in[target[k]] += w;
      } else {
        for (std::uint32_t k = synapses_.first[s]; k < end; ++k) {
          in[target[k]] = fused(scale, weights_[k], in[target[k]]);
        }
      }
    }
  }

  void end_step(std::span<std::uint32_t const>, std::span<std::uint32_t const>) override {}

  std::uint64_t num_synapses() const override { return synapses_.target.size(); }
  std::uint64_t num_bytes() const override {
    return synapses_.num_bytes() + weights_.size() * sizeof(float) +
           states_.size() * sizeof(TsodyksMarkramSynapse::State);
  }
  std::vector<SynapseRecord> synapses() const override {
    std::vector<SynapseRecord> records;
    append_records(synapses_, range_, weights_, weight_, records);
    return records;
  }

 private:
  NeuronRange range_;
  int input_;
  double dt_ms_;
  float weight_ = 0.0f, sign_ = 1.0f;
  Targets<Index> synapses_;
  std::vector<float> weights_;  ///< empty: `weight_` for all
  TsodyksMarkramSynapse release_;
  std::vector<TsodyksMarkramSynapse::State> states_;  ///< [source], empty without
};

/// Traces of one side, [trace][neuron].
class Traces {
 public:
  Traces(int num_traces, std::size_t num_neurons, float const* decay, bool nearest)
      : values_(static_cast<std::size_t>(num_traces), std::vector<float>(num_neurons, 0.0f)),
        decay_(decay, decay + num_traces),
        nearest_(nearest) {}

  void read(std::size_t neuron, float (&out)[2]) const {
    for (std::size_t t = 0; t < values_.size(); ++t) out[t] = values_[t][neuron];
  }

  /// All decay by one step, after those of `spikes` have risen.
  void end_step(std::span<std::uint32_t const> spikes) {
    for (std::size_t t = 0; t < values_.size(); ++t) {
      float* const values = values_[t].data();
      for (std::uint32_t const i : spikes) values[i] = nearest_ ? 1.0f : values[i] + 1.0f;
      float const decay = decay_[t];
      std::size_t const n = values_[t].size();
      ENGRAM_INDEPENDENT_ITERATIONS
      for (std::size_t i = 0; i < n; ++i) values[i] *= decay;
    }
  }

  std::uint64_t num_bytes() const {
    return values_.empty() ? 0 : values_.size() * values_[0].size() * sizeof(float);
  }

 private:
  std::vector<std::vector<float>> values_;
  std::vector<float> decay_;
  bool nearest_;
};

/// Synapses that learn from the spikes of both sides: each has its weight, and the synapses of a
/// target are found through a second index.
template <class Index, PlasticSynapse Model>
class PlasticProjection final : public Projection {
 public:
  PlasticProjection(ProjectionSpec const& spec, Model const& model, ProjectionEnds const& ends,
                    Key key, NeuronRange range, double dt_ms)
      : range_(range),
        input_(spec.input),
        sign_(static_cast<float>(spec.sign)),
        constants_(model.constants(dt_ms)),
        synapses_(build_targets<Index>(spec, ends, key, range, &weights_)),
        pre_(Model::num_pre, ends.num_sources, constants_.pre_decay, constants_.nearest),
        post_(Model::num_post, range.size(), constants_.post_decay, constants_.nearest) {
    index_by_target();
  }

  void deliver(std::span<std::uint32_t const> sources, std::int64_t,
               NeuronGroup& targets) override {
    float* const in = targets.input(input_);
    auto const constants = constants_;
    for (std::uint32_t const s : sources) {
      float x[2] = {}, y[2] = {};
      pre_.read(s, x);
      for (std::uint32_t k = synapses_.first[s]; k < synapses_.first[s + 1]; ++k) {
        std::size_t const t = synapses_.target[k];
        in[t] = fused(sign_, weights_[k], in[t]);
        post_.read(t, y);
        weights_[k] = Model::on_pre(constants, weights_[k], x, y);
      }
    }
  }

  void end_step(std::span<std::uint32_t const> sources,
                std::span<std::uint32_t const> fired) override {
    auto const constants = constants_;
    for (std::uint32_t const t : fired) {
      float x[2] = {}, y[2] = {};
      post_.read(t, y);
      for (std::uint32_t i = first_[t]; i < first_[t + 1]; ++i) {
        std::uint32_t const k = synapse_[i];
        pre_.read(source_[i], x);
        weights_[k] = Model::on_post(constants, weights_[k], x, y);
      }
    }
    pre_.end_step(sources);
    post_.end_step(fired);
  }

  std::uint64_t num_synapses() const override { return synapses_.target.size(); }
  std::uint64_t num_bytes() const override {
    return synapses_.num_bytes() + weights_.size() * sizeof(float) +
           (first_.size() + source_.size() + synapse_.size()) * sizeof(std::uint32_t) +
           pre_.num_bytes() + post_.num_bytes();
  }
  std::vector<SynapseRecord> synapses() const override {
    std::vector<SynapseRecord> records;
    append_records(synapses_, range_, weights_, 0.0f, records);
    return records;
  }

 private:
  void index_by_target() {
    first_.assign(range_.size() + 1, 0);
    source_.resize(synapses_.target.size());
    synapse_.resize(synapses_.target.size());
    for (Index const t : synapses_.target) ++first_[t + 1u];
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    for (std::uint32_t s = 0; s + 1 < synapses_.first.size(); ++s) {
      for (std::uint32_t k = synapses_.first[s]; k < synapses_.first[s + 1]; ++k) {
        std::uint32_t const at = first_[synapses_.target[k]]++;
        source_[at] = s;
        synapse_[at] = k;
      }
    }
    std::copy_backward(first_.begin(), first_.end() - 1, first_.end());
    first_[0] = 0;
  }

  NeuronRange range_;
  int input_;
  float sign_;
  typename Model::Constants constants_;
  std::vector<float> weights_;
  Targets<Index> synapses_;
  Traces pre_, post_;
  std::vector<std::uint32_t> first_;             ///< [target]: where its synapses begin in
  std::vector<std::uint32_t> source_, synapse_;  ///< [i], targets one after the other
};

template <class Index>
std::unique_ptr<Projection> make(ProjectionSpec const& spec, ProjectionEnds const& ends, Key key,
                                 NeuronRange range, double dt_ms) {
  return std::visit(
      [&](auto const& model) -> std::unique_ptr<Projection> {
        using Model = std::decay_t<decltype(model)>;
        if constexpr (PlasticSynapse<Model>) {
          return std::make_unique<PlasticProjection<Index, Model>>(spec, model, ends, key, range,
                                                                   dt_ms);
        } else {
          return std::make_unique<FixedProjection<Index>>(spec, ends, key, range, dt_ms);
        }
      },
      spec.synapse);
}

constexpr std::size_t max_short = std::numeric_limits<std::uint16_t>::max();

bool is_plastic(SynapseModel const& synapse) {
  return !std::holds_alternative<StaticSynapse>(synapse) &&
         !std::holds_alternative<TsodyksMarkramSynapse>(synapse);
}

}  // namespace

ProjectionSize measure_projection(ProjectionSpec const& spec, ProjectionEnds const& ends, Key key,
                                  NeuronRange targets) {
  ProjectionSize size;
  for_each_connection(spec.rule, ends, key, targets.first, targets.last,
                      [&](std::uint64_t, std::uint64_t, std::uint32_t) { ++size.num_synapses; });
  bool const has_weights =
      is_plastic(spec.synapse) || !std::holds_alternative<ConstantWeight>(spec.weight);
  std::uint64_t const bytes = (targets.size() <= max_short + 1 ? 2u : 4u) +
                              (has_weights ? 4u : 0u) + (is_plastic(spec.synapse) ? 8u : 0u);
  size.num_bytes = size.num_synapses * bytes + 4 * (ends.num_sources + 1);
  return size;
}

std::unique_ptr<Projection> make_projection(ProjectionSpec const& spec, ProjectionEnds const& ends,
                                            Key key, NeuronRange targets, double dt_ms) {
  check_connection(spec.rule, ends);
  return targets.size() <= max_short + 1 ? make<std::uint16_t>(spec, ends, key, targets, dt_ms)
                                         : make<std::uint32_t>(spec, ends, key, targets, dt_ms);
}

}  // namespace engram
