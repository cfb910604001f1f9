#include <algorithm>
#include <cmath>
#include <memory>

#include "core/evolution/gradient_strategy.hpp"

namespace engram {
namespace {

/// Policy gradients with parameter-based exploration: a step sigma a coordinate, which is learnt.
/// With z = sigma * noise, F the shaped fitness of n pairs and b its mean,
///
///   gradient = mean of (F+ - F-) z / 2
///   sigma += rate mean of [(F+ + F-) / 2 - b] (z^2 - sigma^2) / sigma, by at most a fifth
class Pgpe final : public GradientStrategy {
 public:
  explicit Pgpe(StrategySettings const& settings)
      // The paper's heuristic, the other way round: sigma = 15 speeds / sqrt(dimension).
      : GradientStrategy(
            settings,
            {"clip_up", "centred_ranks",
             settings.step * std::sqrt(static_cast<double>(settings.start.size())) / 15.0}),
        steps_(dimension(), settings.step),
        squares_(dimension()) {}

 private:
  static constexpr double rate_of_steps = 0.1, largest_change = 0.2;
  static constexpr std::size_t together = 4;  ///< pairs that a pass over the sums adds

  void make_genome(std::size_t i_member, std::span<double> out) const override {
    noise().fill(pair(i_member / 2), 0, out);
    double const sign = i_member % 2 == 0 ? 1.0 : -1.0;
    auto const centre = mean();
    for (std::size_t j = 0; j < out.size(); ++j)
      out[j] = fused(sign * steps_[j], out[j], centre[j]);
  }

  void estimate(Ranking const& ranking, std::span<double> gradient) override {
    auto const f = shaped(ranking);
    auto const n = static_cast<double>(num_pairs());
    double baseline = 0.0;
    for (double const value : f) baseline += value / (2.0 * n);
    std::vector<double> along(num_pairs()), spread(num_pairs());
    double sum_spread = 0.0;
    for (std::size_t i = 0; i < along.size(); ++i) {
      along[i] = (f[2 * i] - f[2 * i + 1]) / (2.0 * n);
      spread[i] = ((f[2 * i] + f[2 * i + 1]) / 2.0 - baseline) / n;
      sum_spread += spread[i];
    }
    sum_both(along, spread, gradient);
    for (std::size_t j = 0; j < steps_.size(); ++j) {
      gradient[j] *= steps_[j];
      // (z^2 - sigma^2) / sigma = sigma (noise^2 - 1)
      double const change = rate_of_steps * (squares_[j] - sum_spread);
      steps_[j] *= 1.0 + std::clamp(change, -largest_change, largest_change);
    }
  }

  /// sum along_i noise_i, and squares_ = sum spread_i noise_i^2, from noise that is made once.
  void sum_both(std::span<double const> along, std::span<double const> spread,
                std::span<double> sum) {
    constexpr std::size_t few = 512;  // with sums and squares, in the nearest cache
    std::size_t const chunk = noise().is_divisible() ? few : squares_.size();
    std::vector<double> values(together * std::min(chunk, squares_.size()));
    auto const to = blocks().mine(sum), to_squares = blocks().mine(squares_);
    std::ranges::fill(to, 0.0);
    std::ranges::fill(to_squares, 0.0);
    for (std::size_t first = 0; first < to.size(); first += chunk) {
      std::size_t const count = std::min(chunk, to.size() - first);
      auto const s = to.subspan(first, count), q = to_squares.subspan(first, count);
      for (std::size_t i = 0; i < along.size(); i += together) {
        std::size_t const num = std::min(together, along.size() - i);
        for (std::size_t k = 0; k < num; ++k)
          noise().fill(pair(i + k), blocks().first() + first,
                       std::span(values).subspan(k * count, count));
        if (num == together) {
          add_four(values.data(), &along[i], &spread[i], s, q);
        } else {
          for (std::size_t k = 0; k < num; ++k)
            add_one(&values[k * count], along[i + k], spread[i + k], s, q);
        }
      }
    }
    blocks().gather(sum);
    blocks().gather(squares_);
  }

  /// s[j] += along noise and q[j] += spread noise^2 of four pairs in turn, read and written once.
  /// @param values  [4, s.size()]
  static void add_four(double const* values, double const* along, double const* spread,
                       std::span<double> s, std::span<double> q) {
    std::size_t const n = s.size();
    double const *const x0 = values, *const x1 = x0 + n, *const x2 = x1 + n, *const x3 = x2 + n;
    double const a0 = along[0], a1 = along[1], a2 = along[2], a3 = along[3];
    double const b0 = spread[0], b1 = spread[1], b2 = spread[2], b3 = spread[3];
    double *const to = s.data(), *const to_squares = q.data();
    ENGRAM_INDEPENDENT_ITERATIONS
    for (std::size_t j = 0; j < n; ++j) {
      to[j] = fused(a3, x3[j], fused(a2, x2[j], fused(a1, x1[j], fused(a0, x0[j], to[j]))));
      double const two = fused(b1, x1[j] * x1[j], fused(b0, x0[j] * x0[j], to_squares[j]));
      to_squares[j] = fused(b3, x3[j] * x3[j], fused(b2, x2[j] * x2[j], two));
    }
  }

  static void add_one(double const* values, double along, double spread, std::span<double> s,
                      std::span<double> q) {
    double *const to = s.data(), *const to_squares = q.data();
    ENGRAM_INDEPENDENT_ITERATIONS
    for (std::size_t j = 0; j < s.size(); ++j) {
      to[j] = fused(along, values[j], to[j]);
      to_squares[j] = fused(spread, values[j] * values[j], to_squares[j]);
    }
  }

  bool is_sound() const override {
    return std::ranges::all_of(steps_, [](double s) { return s > 0.0 && std::isfinite(s); });
  }
  void exchange_rest(StateArchive& archive) override { archive(std::span(steps_)); }

  std::vector<double> steps_;
  std::vector<double> squares_;  // kept for its memory only
};

RegisterStrategy const registered_pgpe({
    .name = "pgpe",
    .summary = "mirrored members with a step a coordinate, which is learnt; steps of the mean by "
               "ClipUp",
    .source = "Sehnke et al. 2010, doi 10.1016/j.neunet.2009.12.004; Toklu, Liskowski & Srivastava "
              "2020, arXiv 2008.02387",
    .uses = gradient_settings({"noise"}),
    .defaults = "optimizer clip_up, shaping centred_ranks, rate (largest speed) step "
                "sqrt(dimension) / 15; weight_decay",
    .make = [](StrategySettings const& s) { return std::make_unique<Pgpe>(s); },
});

}  // namespace
}  // namespace engram
