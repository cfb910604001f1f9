#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>

#include "core/spiking/fixed_projection.hpp"
#include "core/spiking/plastic_projection.hpp"

namespace engram {

/// Any model of synapses: StaticSynapse, TsodyksMarkramSynapse, or one that is a PlasticSynapse.
class SynapseModel {
 public:
  template <class Model>
  requires(!std::same_as<Model, SynapseModel>) SynapseModel(Model const& model)
      : make_([model](Wiring const& wiring) { return make_projection(model, wiring); }) {
    if constexpr (PlasticSynapse<Model>) {
      num_values_if_constant_ = num_values_if_drawn_ = ModulatedSynapse<Model> ? 2 : 1;
      bytes_a_row_ = sizeof(typename PlasticProjection<std::uint16_t, Model>::Row);
      bytes_a_target_ = PostSide<Model::num_post>::bytes_a_target;
    } else if constexpr (std::same_as<Model, TsodyksMarkramSynapse>) {
      bytes_a_row_ = sizeof(TsodyksMarkramSynapse::State);
    }
  }

  /// Throws std::invalid_argument for parameters without meaning.
  std::unique_ptr<Projection> make(Wiring const& wiring) const {
    check_connection(wiring.rule, wiring.ends);
    return make_(wiring);
  }

  /// Bytes that so many synapses onto a range take, in rows of a source and a delay each.
  double num_bytes(WeightRule const& weight, double num_synapses, double num_rows,
                   NeuronRange targets) const {
    int const num_values = std::holds_alternative<ConstantWeight>(weight) ? num_values_if_constant_
                                                                          : num_values_if_drawn_;
    double const each =
        (has_short_indices(targets) ? sizeof(std::uint16_t) : sizeof(std::uint32_t)) +
        sizeof(float) * static_cast<double>(num_values);
    return num_synapses * each + static_cast<double>(sizeof(std::uint32_t)) * (num_rows + 1.0) +
           static_cast<double>(bytes_a_row_) * num_rows +
           static_cast<double>(bytes_a_target_ * targets.size());
  }

 private:
  static bool has_short_indices(NeuronRange targets) {
    return targets.size() <= std::size_t{std::numeric_limits<std::uint16_t>::max()} + 1;
  }

  template <class Model>
  static std::unique_ptr<Projection> make_projection(Model const& model, Wiring const& wiring) {
    return has_short_indices(wiring.targets) ? make_indexed<std::uint16_t>(model, wiring)
                                             : make_indexed<std::uint32_t>(model, wiring);
  }

  template <class Index, PlasticSynapse Model>
  static std::unique_ptr<Projection> make_indexed(Model const& model, Wiring const& wiring) {
    return std::make_unique<PlasticProjection<Index, Model>>(wiring, model);
  }
  template <class Index>
  static std::unique_ptr<Projection> make_indexed(StaticSynapse const&, Wiring const& wiring) {
    return std::make_unique<FixedProjection<Index>>(wiring, nullptr);
  }
  template <class Index>
  static std::unique_ptr<Projection> make_indexed(TsodyksMarkramSynapse const& model,
                                                  Wiring const& wiring) {
    return std::make_unique<FixedProjection<Index>>(wiring, &model);
  }

  std::function<std::unique_ptr<Projection>(Wiring const&)> make_;
  int num_values_if_constant_ = 0, num_values_if_drawn_ = 1;  ///< that a synapse has for itself
  std::size_t bytes_a_row_ = 0, bytes_a_target_ = 0;
};

}  // namespace engram
