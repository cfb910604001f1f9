#pragma once

// Private to network.cpp: what one thread computes, and what threads share.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

#include "core/compat.hpp"
#include "core/spiking/network.hpp"
#include "core/spiking/neuron_group.hpp"
#include "core/spiking/projection.hpp"
#include "core/spiking/wiring.hpp"

namespace engram {

/// The spikes of the last steps, of all ranks: [step modulo length][population].
class SpikeHistory {
 public:
  SpikeHistory(std::size_t num_populations, std::int64_t length)
      : steps_(static_cast<std::size_t>(length), std::vector<Spikes>(num_populations)) {}

  Spikes& at(std::int64_t step, std::size_t population) {
    return steps_[static_cast<std::size_t>((step % length() + length()) % length())][population];
  }
  std::int64_t length() const { return static_cast<std::int64_t>(steps_.size()); }

 private:
  std::vector<std::vector<Spikes>> steps_;
};

/// Exceptions of threads, which a kernel must not let out.
class ThreadErrors {
 public:
  explicit ThreadErrors(std::size_t num_threads) : errors_(num_threads) {}

  /// f(thread), kept from throwing.
  template <class F>
  auto guarded(F const& f) {
    return [this, f](std::int64_t thread) {
      auto const i = static_cast<std::size_t>(thread);
      try {
        f(i);
      } catch (...) {
        errors_[i] = std::current_exception();
      }
    };
  }

  /// Throws the first, by thread.
  void rethrow() const {
    HostExecutionSpace().fence();
    for (auto const& error : errors_) {
      if (error) std::rethrow_exception(error);
    }
  }

 private:
  std::vector<std::exception_ptr> errors_;
};

/// What one thread computes: a range of every population, and the synapses onto it.
struct Shard {
  struct Synapses {
    std::size_t from = 0, to = 0;
    DelaySteps delays;
    std::unique_ptr<Projection> projection;

    void deliver(std::int64_t step, SpikeHistory& history, NeuronGroup& targets) {
      for (std::size_t d = 0; d < delays.count(); ++d) {
        auto const sent = step - delays.low - static_cast<std::int64_t>(d);
        auto const& arrived = history.at(sent, from);
        if (!arrived.empty()) projection->deliver(arrived, d, step, targets);
      }
    }
  };
  std::vector<std::unique_ptr<NeuronGroup>> groups;
  std::vector<Synapses> synapses;
  std::vector<std::vector<Spikes>> fired;  ///< [step of the interval][population], within ranges

  void deliver(std::int64_t step, SpikeHistory& history, bool as_jumps) {
    for (auto& s : synapses) {
      if (groups[s.to]->takes_jumps() == as_jumps) s.deliver(step, history, *groups[s.to]);
    }
  }

  void run(std::int64_t first, std::int64_t last, SpikeHistory& history) {
    for (std::int64_t step = first; step < last; ++step) {
      auto& now = fired[static_cast<std::size_t>(step - first)];
      deliver(step, history, false);
      for (std::size_t p = 0; p < groups.size(); ++p) groups[p]->step(step, now[p]);
      deliver(step, history, true);
      for (auto& s : synapses) s.projection->end_step(step, now[s.to]);
    }
  }
};

}  // namespace engram
