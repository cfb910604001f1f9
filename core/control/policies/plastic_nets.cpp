#include "core/control/policies/plastic_nets.hpp"

#include <stdexcept>
#include <string>

#include "core/host_copy.hpp"

namespace engram {

namespace {

void check_size(std::size_t size, std::size_t expected) {
  if (size != expected)
    throw std::invalid_argument("a plastic net takes " + std::to_string(expected) +
                                " numbers, not " + std::to_string(size));
}

/// @param num_members  that have what is to be set
void check_member(int i_member, std::size_t num_members) {
  if (i_member < 0 || static_cast<std::size_t>(i_member) >= num_members)
    throw std::invalid_argument("there is no such member of the plastic nets, or no such part");
}

}  // namespace

PlasticNets::PlasticNets(PolicyShape const& shape, int num_members, Parts const& parts)
    : shape_(shape), num_members_(num_members), num_synapses_(shape.num_parameters()) {
  shape.validate();
  if (shape.has_biases || shape.num_states > 0)
    throw std::invalid_argument("plastic nets have neither biases nor tables");
  if (num_members < 0) throw std::invalid_argument("a population has no negative size");
  auto const members = static_cast<std::size_t>(num_members);
  rules_ = Rules("engram::core::plastic_rules", parts.rules ? members : 0, 4, num_synapses_);
  weights_ = Weights("engram::core::plastic_first", parts.weights ? members : 0, num_synapses_);
  rules_host_ = Kokkos::create_mirror_view(rules_);
  weights_host_ = Kokkos::create_mirror_view(weights_);
}

void PlasticNets::set_rules(int i_member, std::span<double const> rules) {
  check_member(i_member, rules_host_.extent(0));
  check_size(rules.size(), 5 * num_synapses_);
  auto const rates = rules.subspan(4 * num_synapses_);
  for (std::size_t c = 0; c < 4; ++c)
    for (std::size_t s = 0; s < num_synapses_; ++s)
      rules_host_(static_cast<std::size_t>(i_member), c, s) =
          static_cast<float>(rates[s] * rules[c * num_synapses_ + s]);
}

void PlasticNets::set_weights(int i_member, std::span<double const> weights) {
  check_member(i_member, weights_host_.extent(0));
  check_size(weights.size(), num_synapses_);
  for (std::size_t s = 0; s < num_synapses_; ++s)
    weights_host_(static_cast<std::size_t>(i_member), s) = static_cast<float>(weights[s]);
}

void PlasticNets::upload() const {
  copy_to_device(rules_, rules_host_);
  copy_to_device(weights_, weights_host_);
}

}  // namespace engram
