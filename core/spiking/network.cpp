#include "core/spiking/network.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <numeric>

#include "core/error.hpp"
#include "core/spiking/shard.hpp"

namespace engram {

namespace {

/// "1.3 GB", rounded up.
std::string memory_text(std::uint64_t bytes) {
  bool const is_large = bytes >= 1'000'000'000;
  std::uint64_t const tenth = is_large ? 100'000'000 : 100'000;
  std::uint64_t const tenths = (bytes + tenth - 1) / tenth;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) +
         (is_large ? " GB" : " MB");
}

/// Part `i` of `num_parts` of a population, in whole blocks.
NeuronRange part_of(std::uint64_t size, std::uint64_t i, std::uint64_t num_parts) {
  std::uint64_t const blocks = (size + neuron_block - 1) / neuron_block;
  auto const begin = [&](std::uint64_t part) {
    return std::min(size, blocks * part / num_parts * neuron_block);
  };
  return {begin(i), begin(i + 1)};
}

ProjectionEnds ends_of(NetworkSpec const& spec, NetworkSpec::Connection const& connection) {
  return {spec.populations()[connection.from.index].size,
          spec.populations()[connection.to.index].size,
          connection.from.index == connection.to.index};
}

struct ProjectionSize {
  double num_synapses = 0.0, num_bytes = 0.0;
};

/// What to expect of the synapses onto a range, without building them.
ProjectionSize expected_size(ProjectionSpec const& spec, ProjectionEnds const& ends,
                             NeuronRange targets, double dt_ms) {
  double const count = expected_connections(spec.rule, ends, targets.size());
  auto const rows = static_cast<double>(DelaySteps(spec.delay_ms, dt_ms).count()) *
                    static_cast<double>(ends.num_sources);
  return {count, spec.synapse.num_bytes(spec.weight, count, rows, targets)};
}

}  // namespace

struct Network::State {
  State(Communicator const& communicator, NetworkSpec const& spec, Key key,
        NetworkOptions const& given, Deadline const& deadline)
      : group(communicator),
        options(given),
        connections(spec.connections()),
        history(spec.populations().size(), 1) {
    detail::require_positive(options.dt_ms, "dt_ms");
    for (auto const& population : spec.populations()) sizes.push_back(population.size);
    if (options.num_threads == 0) options.num_threads = HostExecutionSpace().concurrency();
    find_delays();
    build(spec, key, deadline);
  }

  void find_delays() {
    std::int64_t longest = 1;
    shortest_delay = connections.empty() ? 10 : std::numeric_limits<std::int64_t>::max();
    for (auto const& connection : connections) {
      DelaySteps const delays(connection.spec.delay_ms, options.dt_ms);
      longest = std::max(longest, delays.high);
      shortest_delay = std::min(shortest_delay, delays.low);
    }
    history = SpikeHistory(sizes.size(), longest + shortest_delay + 1);
  }

  int num_parts() const { return group.size() * options.num_threads; }
  NeuronRange range_of(std::size_t population, std::size_t thread) const {
    auto const first = static_cast<std::uint64_t>(group.rank() * options.num_threads);
    return part_of(sizes[population], first + thread, static_cast<std::uint64_t>(num_parts()));
  }

  Kokkos::RangePolicy<HostExecutionSpace> threads() const {
    return Kokkos::RangePolicy<HostExecutionSpace>(0, shards.size());
  }

  /// Clocks differ: no rank may go on to what all do together and another does not come to.
  void check(Deadline const& deadline) const {
    auto const overdue =
        group.size() == 1 ? std::uint64_t{deadline.passed()} : sum(deadline.passed());
    if (overdue > 0) deadline.exceeded();
  }

  void build(NetworkSpec const& spec, Key key, Deadline const& deadline) {
    shards.resize(static_cast<std::size_t>(options.num_threads));
    check_size(spec);
    ThreadErrors errors(shards.size());
    auto const build_neurons = [&](std::size_t thread) {
      auto& shard = shards[thread];
      for (std::size_t p = 0; p < sizes.size(); ++p) {
        shard.groups.push_back(make_group(spec.populations()[p], p, key, thread));
      }
      shard.fired.assign(static_cast<std::size_t>(shortest_delay),
                         std::vector<Spikes>(sizes.size()));
    };
    Kokkos::parallel_for("engram::core::build_neurons", threads(), errors.guarded(build_neurons));
    errors.rethrow();
    for (std::size_t c = 0; c < connections.size(); ++c) {
      check(deadline);
      build_connection(spec, c, key);
    }
  }

  void build_connection(NetworkSpec const& spec, std::size_t connection, Key key) {
    auto const& [from, to, projection] = connections[connection];
    ThreadErrors errors(shards.size());
    auto const build_synapses = [&, from = from.index, to = to.index,
                                 &projection = projection](std::size_t thread) {
      auto& shard = shards[thread];
      shard.groups[to]->check_input(projection.input);
      shard.synapses.push_back({from, to, DelaySteps(projection.delay_ms, options.dt_ms),
                                projection.synapse.make(wiring(spec, connection, key, thread))});
    };
    Kokkos::parallel_for("engram::core::build_synapses", threads(), errors.guarded(build_synapses));
    errors.rethrow();
  }

  Wiring wiring(NetworkSpec const& spec, std::size_t connection, Key key,
                std::size_t thread) const {
    auto const& [from, to, projection] = connections[connection];
    return {projection.rule,
            projection.weight,
            projection.sign,
            projection.delay_ms,
            projection.input,
            ends_of(spec, connections[connection]),
            key.stream("connection").index(connection),
            range_of(to.index, thread),
            options.dt_ms};
  }

  void check_size(NetworkSpec const& spec) {
    ProjectionSize mine;
    for (auto const& connection : connections) {
      auto const ends = ends_of(spec, connection);
      check_connection(connection.spec.rule, ends);
      for (std::size_t thread = 0; thread < shards.size(); ++thread) {
        auto const size = expected_size(connection.spec, ends,
                                        range_of(connection.to.index, thread), options.dt_ms);
        mine.num_synapses += size.num_synapses;
        mine.num_bytes += size.num_bytes;
      }
    }
    struct {
      std::uint64_t num_synapses, num_bytes;
    } const total{static_cast<std::uint64_t>(std::llround(mine.num_synapses)),
                  static_cast<std::uint64_t>(std::llround(mine.num_bytes))};
    // All ranks refuse together.
    auto const of_ranks = all_of(total.num_bytes);
    std::uint64_t const largest = *std::max_element(of_ranks.begin(), of_ranks.end());
    if (largest > options.max_bytes) {
      throw UserError("the network's about " + std::to_string(sum(total.num_synapses)) +
                      " synapses would take " + memory_text(largest) +
                      " on one rank, more than the " + memory_text(options.max_bytes) +
                      " that it may; use more ranks or a smaller network");
    }
  }

  std::unique_ptr<NeuronGroup> make_group(NetworkSpec::Population const& population,
                                          std::size_t index, Key key, std::size_t thread) const {
    Key const own = key.stream("population").index(index);
    auto group_part = population.make(range_of(index, thread), own.stream("spikes"), options.dt_ms);
    for (std::size_t i = 0; i < population.poisson.size(); ++i) {
      group_part->add(population.poisson[i], own.stream("Poisson drive").index(i), options.dt_ms);
    }
    for (std::size_t i = 0; i < population.noise.size(); ++i) {
      group_part->add(population.noise[i], own.stream("noise drive").index(i));
    }
    for (std::size_t i = 0; i < population.initial.size(); ++i) {
      auto const& initial = population.initial[i];
      if (initial.variable < 0 || initial.variable >= group_part->num_states()) {
        throw std::invalid_argument("population " + population.name +
                                    ": there is no state variable " +
                                    std::to_string(initial.variable));
      }
      Random const random(own.stream("initial state").index(i));
      auto const values = group_part->state(initial.variable);
      for (std::size_t n = 0; n < values.size(); ++n) {
        values[n] = static_cast<float>(
            random.uniform(group_part->range().first + n, initial.low, initial.high));
      }
    }
    return group_part;
  }

  /// This rank's spikes of an interval: for every step and population their number, then their
  /// indices in the population.
  std::vector<std::uint32_t> pack(std::int64_t num_steps) const {
    std::vector<std::uint32_t> words;
    for (std::size_t step = 0; step < static_cast<std::size_t>(num_steps); ++step) {
      for (std::size_t p = 0; p < sizes.size(); ++p) {
        std::size_t const count_at = words.size();
        words.push_back(0);
        for (auto const& shard : shards) {
          auto const first = static_cast<std::uint32_t>(shard.groups[p]->range().first);
          for (std::uint32_t const i : shard.fired[step][p]) words.push_back(first + i);
        }
        words[count_at] = static_cast<std::uint32_t>(words.size() - count_at - 1);
      }
    }
    return words;
  }

  /// Makes the spikes of all ranks known to all. Ranks have ascending parts of every population, so
  /// that their spikes one after the other are in ascending order.
  void exchange_spikes(std::int64_t first, std::int64_t last) {
    auto const mine = pack(last - first);
    auto const lengths = all_of(mine.size());
    std::size_t const longest = *std::max_element(lengths.begin(), lengths.end());
    std::vector<std::uint32_t> padded(mine), all(longest * lengths.size());
    padded.resize(longest);
    group.all_gather<std::uint32_t>(padded, all);
    for (std::int64_t step = first; step < last; ++step) {
      for (std::size_t p = 0; p < sizes.size(); ++p) history.at(step, p).clear();
    }
    for (std::size_t rank = 0; rank < lengths.size(); ++rank) {
      auto word = all.cbegin() + static_cast<std::ptrdiff_t>(rank * longest);
      for (std::int64_t step = first; step < last; ++step) {
        for (std::size_t p = 0; p < sizes.size(); ++p) {
          auto const count = static_cast<std::ptrdiff_t>(*word++);
          auto& spikes = history.at(step, p);
          spikes.insert(spikes.end(), word, word + count);
          word += count;
        }
      }
    }
  }

  void run(double time_ms, Observer const& observer, Deadline const& deadline) {
    std::int64_t const end = now + std::llround(time_ms / options.dt_ms);
    if (end > std::numeric_limits<std::uint32_t>::max()) {
      throw UserError(
          "a spiking network runs for 2^32 steps at most; use a longer time step than " +
          std::to_string(options.dt_ms) + " ms");
    }
    while (now < end) {
      check(deadline);
      std::int64_t const last = std::min(end, now + shortest_delay);
      ThreadErrors errors(shards.size());
      auto const run_shard = [&](std::size_t thread) { shards[thread].run(now, last, history); };
      Kokkos::parallel_for("engram::core::run_network", threads(), errors.guarded(run_shard));
      errors.rethrow();
      exchange_spikes(now, last);
      if (observer) observer(now, last);
      now = last;
    }
  }

  /// `parts` of all ranks, one after the other, on the root.
  template <class T>
  std::vector<T> gather(std::vector<T> const& mine) const {
    std::vector<T> all;
    for (auto const& bytes : group.gather(std::as_bytes(std::span(mine)))) {
      std::size_t const begin = all.size();
      all.resize(begin + bytes.size() / sizeof(T));
      std::copy(bytes.begin(), bytes.end(),
                std::as_writable_bytes(std::span(all)).begin() +
                    static_cast<std::ptrdiff_t>(begin * sizeof(T)));
    }
    return all;
  }

  /// Values of which this rank has `parts`, in the order of ranks; set if the archive reads.
  template <class T>
  void exchange(StateArchive& archive, std::vector<std::span<T>> const& parts) const {
    std::vector<T> mine, all;
    for (auto const& part : parts) mine.insert(mine.end(), part.begin(), part.end());
    auto const num_of_ranks = all_of(mine.size());
    if (!archive.reads()) {
      all = gather(mine);
      archive(all);
      return;
    }
    archive(all);
    auto const rank = num_of_ranks.begin() + group.rank();
    auto const before = std::accumulate(num_of_ranks.begin(), rank, std::uint64_t{0});
    if (all.size() != std::accumulate(rank, num_of_ranks.end(), before))
      throw std::invalid_argument("these numbers are not a state of this network");
    auto value = all.begin() + static_cast<std::ptrdiff_t>(before);
    for (auto const& part : parts) {
      std::copy_n(value, part.size(), part.begin());
      value += static_cast<std::ptrdiff_t>(part.size());
    }
  }

  void exchange_population(StateArchive& archive, std::size_t p) {
    for (int v = 0; v < shards.front().groups[p]->num_states(); ++v) {
      std::vector<std::span<float>> parts;
      for (auto& shard : shards) parts.push_back(shard.groups[p]->state(v));
      exchange(archive, parts);
    }
    std::vector<std::span<std::int32_t>> held;
    for (auto& shard : shards) held.push_back(shard.groups[p]->held());
    exchange(archive, held);
  }

  void exchange_connection(StateArchive& archive, std::size_t connection) {
    std::vector<ProjectionState> states;
    for (auto& shard : shards) states.push_back(shard.synapses.at(connection).projection->state());
    std::vector<std::span<float>> of_synapses, of_targets;
    for (auto& state : states) {
      of_synapses.emplace_back(state.of_synapses);
      of_targets.emplace_back(state.of_targets);
    }
    exchange(archive, of_synapses);
    exchange(archive, of_targets);
    archive(std::span<double>(states.front().of_sources));
    if (!archive.reads()) return;
    for (std::size_t thread = 0; thread < shards.size(); ++thread) {
      states[thread].of_sources = states.front().of_sources;
      shards[thread].synapses.at(connection).projection->set_state(states[thread]);
    }
  }

  void exchange(StateArchive& archive) {
    archive(now);
    for (std::int64_t step = now - history.length(); step < now; ++step)
      for (std::size_t p = 0; p < sizes.size(); ++p) archive(history.at(step, p));
    for (std::size_t p = 0; p < sizes.size(); ++p) exchange_population(archive, p);
    for (std::size_t c = 0; c < connections.size(); ++c) exchange_connection(archive, c);
  }

  std::vector<std::uint64_t> all_of(std::uint64_t mine) const {
    std::vector<std::uint64_t> all(static_cast<std::size_t>(group.size()));
    group.all_gather<std::uint64_t>(std::span(&mine, 1), all);
    return all;
  }

  std::uint64_t sum(std::uint64_t mine) const {
    auto const all = all_of(mine);
    return std::accumulate(all.begin(), all.end(), std::uint64_t{0});
  }

  Communicator group;
  NetworkOptions options;
  std::vector<NetworkSpec::Connection> connections;
  std::vector<std::uint64_t> sizes;
  std::int64_t shortest_delay = 1;
  std::int64_t now = 0;
  SpikeHistory history;
  std::vector<Shard> shards;
};

Network::Network(Communicator const& group, NetworkSpec const& spec, Key key,
                 NetworkOptions const& options, Deadline const& deadline)
    : state_(std::make_unique<State>(group, spec, key, options, deadline)) {}

Network::~Network() = default;

void Network::run(double time_ms, Observer const& observer, Deadline const& deadline) {
  state_->run(time_ms, observer, deadline);
}

void Network::set_modulator(std::size_t connection, double level) {
  for (auto& shard : state_->shards) shard.synapses.at(connection).projection->set_modulator(level);
}

void Network::exchange(StateArchive& archive) {
  state_->exchange(archive);
}

std::int64_t Network::step() const {
  return state_->now;
}
double Network::dt_ms() const {
  return state_->options.dt_ms;
}

Spikes const& Network::spikes(PopulationId population, std::int64_t step) const {
  return state_->history.at(step, population.index);
}

std::vector<float> Network::state(PopulationId population, int variable) const {
  std::vector<float> mine;
  for (auto const& shard : state_->shards) {
    auto const part = std::as_const(*shard.groups.at(population.index)).state(variable);
    mine.insert(mine.end(), part.begin(), part.end());
  }
  return state_->gather(mine);
}

std::vector<SynapseRecord> Network::synapses(std::size_t connection) const {
  std::vector<SynapseRecord> mine;
  for (auto const& shard : state_->shards) {
    auto const part = shard.synapses.at(connection).projection->synapses();
    mine.insert(mine.end(), part.begin(), part.end());
  }
  auto all = state_->gather(mine);
  std::stable_sort(all.begin(), all.end(), [](SynapseRecord const& a, SynapseRecord const& b) {
    return a.source != b.source ? a.source < b.source : a.target < b.target;
  });
  return all;
}

std::uint64_t Network::num_synapses() const {
  std::uint64_t mine = 0;
  for (auto const& shard : state_->shards) {
    for (auto const& s : shard.synapses) mine += s.projection->num_synapses();
  }
  return state_->sum(mine);
}

std::uint64_t Network::num_synapse_bytes() const {
  std::uint64_t mine = 0;
  for (auto const& shard : state_->shards) {
    for (auto const& s : shard.synapses) mine += s.projection->num_bytes();
  }
  return state_->sum(mine);
}

}  // namespace engram
