#pragma once

#include <cmath>
#include <stdexcept>

#include "core/spiking/synapse.hpp"

namespace engram {

/// A Poisson train as synapses see it: in steps of dt, with at most one spike a step, or in the
/// limit of small steps, where theory is stated. Both means are exact.
class PoissonTrain {
 public:
  /// @param dt_ms  0: the limit of small steps
  /// Throws std::invalid_argument for a negative rate or step.
  explicit PoissonTrain(double rate_hz, double dt_ms = 0.0) : rate_hz_(rate_hz), dt_ms_(dt_ms) {
    if (!(rate_hz >= 0.0 && dt_ms >= 0.0)) {
      throw std::invalid_argument("a Poisson train needs a rate and a time step from 0 on");
    }
    per_step_ = -std::expm1(-rate_hz * 1e-3 * dt_ms);
  }

  double spikes_per_s() const { return dt_ms_ > 0.0 ? 1e3 * per_step_ / dt_ms_ : rate_hz_; }

  /// Mean of the trace that synapses read before the step's own spike: it rises by 1 (or to 1:
  /// nearest spike) at the end of the step of a spike, and then decays by d = exp(-dt / tau) a
  /// step.
  ///
  /// All pairs: sum over k >= 1 of p d^k, the limit r tau. Nearest: the last spike is k steps past
  /// with probability p (1 - p)^(k - 1), so sum over k >= 1 of that times d^k, the limit
  /// r / (r + 1 / tau).
  double mean_trace(double tau_ms, bool nearest = false) const {
    if (dt_ms_ == 0.0) {
      double const events = rate_hz_ * 1e-3 * tau_ms;
      return nearest ? events / (1.0 + events) : events;
    }
    double const past = per_step_ / std::expm1(dt_ms_ / tau_ms);  // p d / (1 - d)
    // p d / (1 - (1 - p) d) = past / (1 + past).
    return nearest ? past / (1.0 + past) : past;
  }

 private:
  double rate_hz_, dt_ms_, per_step_;
};

// Mean change of a weight per second between independent Poisson trains, away from the weight's
// bounds: a spike finds traces that do not depend on it, so that every product of a rule has the
// product of the means. With trains of the step of a simulation, this is what it has; with trains
// of the limit, the closed forms of the literature.

/// In the limit, r_x r_y (A+ tau+ - A- tau-) for all pairs (Kempter, Gerstner, van Hemmen 1999,
/// doi 10.1103/PhysRevE.59.4498), and r_x r_y (A+ / (r_x + 1 / tau+) - A- / (r_y + 1 / tau-)) for
/// nearest spikes, by `mean_trace`.
inline double drift_per_s(PairStdpSynapse const& rule, PoissonTrain const& pre,
                          PoissonTrain const& post) {
  return post.spikes_per_s() * rule.plus * pre.mean_trace(rule.tau_plus_ms, rule.nearest) -
         pre.spikes_per_s() * rule.minus * post.mean_trace(rule.tau_minus_ms, rule.nearest);
}

/// In the limit, 2 rate tau r_x r_y for all pairs: the pair rule's with A+ = -A- = rate.
inline double drift_per_s(SymmetricStdpSynapse const& rule, PoissonTrain const& pre,
                          PoissonTrain const& post) {
  return rule.rate * (post.spikes_per_s() * pre.mean_trace(rule.tau_ms, rule.nearest) +
                      pre.spikes_per_s() * post.mean_trace(rule.tau_ms, rule.nearest));
}

/// In the limit, r_x r_y (A2+ tau+ - A2- tau- + A3+ tau+ tau_y r_y - A3- tau- tau_x r_x) (Pfister &
/// Gerstner 2006, doi 10.1523/JNEUROSCI.1425-06.2006). The traces of one train that meet in
/// a product are of different sides: independent.
inline double drift_per_s(TripletStdpSynapse const& rule, PoissonTrain const& pre,
                          PoissonTrain const& post) {
  double const plus = rule.a2_plus + rule.a3_plus * post.mean_trace(rule.tau_y_ms);
  double const minus = rule.a2_minus + rule.a3_minus * pre.mean_trace(rule.tau_x_ms);
  return post.spikes_per_s() * pre.mean_trace(rule.tau_plus_ms) * plus -
         pre.spikes_per_s() * post.mean_trace(rule.tau_minus_ms) * minus;
}

/// In the limit, 2 rate tau r_x (r_y - target): each of r_x sources' spikes a second changes the
/// weight by rate (r_y tau - alpha), and each of the r_y targets' by rate r_x tau, with alpha =
/// 2 target tau. Zero where the target has its rate (Vogels et al. 2011,
/// doi 10.1126/science.1211095).
inline double drift_per_s(VogelsSynapse const& rule, PoissonTrain const& pre,
                          PoissonTrain const& post) {
  double const alpha = 2.0 * rule.target_hz * 1e-3 * rule.tau_ms;
  return rule.rate * (pre.spikes_per_s() * (post.mean_trace(rule.tau_ms) - alpha) +
                      post.spikes_per_s() * pre.mean_trace(rule.tau_ms));
}

}  // namespace engram
