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

  /// sum along_i noise_i, and squares_ = sum spread_i noise_i^2.
  void sum_both(std::span<double const> along, std::span<double const> spread,
                std::span<double> sum) {
    std::vector<NoisePair> pairs;
    for (std::size_t i = 0; i < num_pairs(); ++i) pairs.push_back(pair(i));
    auto const to = blocks().mine(sum), to_squares = blocks().mine(squares_);
    std::ranges::fill(to, 0.0);
    std::ranges::fill(to_squares, 0.0);
    noise().add_weighted_squares(pairs, along, spread, blocks().first(), to, to_squares);
    blocks().gather(sum);
    blocks().gather(squares_);
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
