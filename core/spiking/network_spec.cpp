#include "core/spiking/network_spec.hpp"

#include <limits>
#include <stdexcept>
#include <utility>

namespace engram {

PopulationId NetworkSpec::add(std::string name, std::uint64_t size,
                              std::vector<UniformState> initial, MakeGroup make) {
  if (size > std::numeric_limits<std::uint32_t>::max()) {
    throw std::invalid_argument("population " + name + ": expected at most 2^32 - 1 neurons");
  }
  populations_.push_back({std::move(name), size, std::move(make), std::move(initial), {}, {}});
  return {populations_.size() - 1};
}

PopulationId NetworkSpec::add_poisson(std::string name, std::uint64_t size, double rate_hz) {
  return add(std::move(name), size, {},
             [rate_hz](NeuronRange range, Key key, double dt_ms) -> std::unique_ptr<NeuronGroup> {
               return std::make_unique<PoissonGroup>(range, rate_hz, key, dt_ms);
             });
}

PopulationId NetworkSpec::add_spikes(std::string name, std::uint64_t size,
                                     std::vector<SpikeTime> spikes) {
  return add(std::move(name), size, {},
             [spikes = std::move(spikes)](NeuronRange range, Key,
                                          double dt_ms) -> std::unique_ptr<NeuronGroup> {
               return std::make_unique<SpikeListGroup>(range, spikes, dt_ms);
             });
}

void NetworkSpec::drive(PopulationId population, PoissonDrive const& drive) {
  populations_.at(population.index).poisson.push_back(drive);
}

void NetworkSpec::drive(PopulationId population, NoiseDrive const& drive) {
  populations_.at(population.index).noise.push_back(drive);
}

void NetworkSpec::connect(PopulationId from, PopulationId to, ProjectionSpec const& spec) {
  if (from.index >= populations_.size() || to.index >= populations_.size()) {
    throw std::invalid_argument("a connection names a population that is not there");
  }
  connections_.push_back({from, to, spec});
}

}  // namespace engram
