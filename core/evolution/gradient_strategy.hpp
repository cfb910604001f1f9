#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/evolution/ascent.hpp"
#include "core/evolution/pair_noise.hpp"
#include "core/evolution/parameter_blocks.hpp"
#include "core/evolution/shaping.hpp"
#include "core/evolution/strategy.hpp"

namespace engram {

/// Optional settings that these strategies use, all of them and `more`.
std::vector<std::string> gradient_settings(std::vector<std::string> more);

/// A number that shrinks by a factor again and again. What of it is state does not hold where it
/// began: a search that goes on with another rate has that one.
class Decaying {
 public:
  /// @param least  it shrinks no further; what begins below stays as it is
  Decaying(double first, double factor, double least)
      : first_(first), factor_(factor), least_(std::min(first, least)) {}

  double value() const { return std::max(first_ * share_, least_); }
  void decay() { share_ *= factor_; }
  void exchange(StateArchive& archive) { archive(share_); }

 private:
  double first_, factor_, least_, share_ = 1.0;
};

/// A strategy that steps along an estimate of the gradient, from pairs of mirrored members: 2 i is
/// mean + step * noise i, and 2 i + 1 is mean - step * noise i. A population is rounded up to
/// pairs.
///
/// No noise is stored: the update makes that of all pairs again, each rank of the group for its own
/// block of parameters, and adds it in the order of the pairs. So the mean is the same to the bit
/// on any number of ranks, which exchange no more than one number a parameter.
///
/// The gradient is that by theta / step, which is the step times that by theta, as in the code of
/// the papers: so rates scale with the genome's units, and a rate of plain SGD with them is the
/// rate by theta over the step.
class GradientStrategy : public EvolutionStrategy {
 public:
  std::size_t population_size() const final { return 2 * num_pairs_; }
  std::span<double const> mean() const final { return mean_; }
  std::string_view stop_reason() const final { return is_usable_ ? "" : "step"; }

 protected:
  /// A strategy's own settings where the user has none.
  struct Defaults {
    std::string_view optimizer, shaping;
    double rate;
  };

  /// Throws std::invalid_argument for rates, decays or numbers out of their ranges, UserError for
  /// names that are unknown, and for a noise by name in a strategy that has its own.
  GradientStrategy(StrategySettings const& settings, Defaults const& defaults,
                   std::unique_ptr<PairNoise const> own_noise = nullptr);

  std::size_t num_pairs() const { return num_pairs_; }
  double step() const { return step_.value(); }
  /// Fitness as the settings shape it, in member order.
  std::vector<double> shaped(Ranking const& ranking) const { return shaping_(ranking); }

  /// (F+ - F-) / 2 P of each of P pairs, with the shaped fitness F.
  std::vector<double> pair_differences(Ranking const& ranking) const;

  /// The generation that the present episode of `generations_an_episode` began with.
  std::uint64_t episode_start() const {
    return generation() - generation() % settings_.generations_an_episode;
  }

  PairNoise const& noise() const { return *noise_; }
  NoisePair pair(std::size_t i_pair) const { return {noise_generation(), i_pair}; }

  /// sum[j] = weights[0] * noise of pairs[0] in parameter j, and so on, on all ranks. Collective.
  /// @param sum  [dimension]
  void sum_noise(std::span<NoisePair const> pairs, std::span<double const> weights,
                 std::span<double> sum);
  /// The same with all pairs of the generation.
  void sum_noise(std::span<double const> pair_weights, std::span<double> sum);

  ParameterBlocks& blocks() { return blocks_; }

  void make_genome(std::size_t i_member, std::span<double> out) const override;

 private:
  /// The gradient of the generation, which climbs. Collective.
  /// @param gradient  [dimension]
  virtual void estimate(Ranking const& ranking, std::span<double> gradient) = 0;
  /// The generation whose noise the members have.
  virtual std::uint64_t noise_generation() const { return generation(); }
  /// After the step: whether what else has changed can be gone on with.
  virtual bool is_sound() const { return true; }
  virtual void exchange_rest(StateArchive&) {}

  void update(Ranking const& ranking) final;
  void exchange(StateArchive& archive) final;

  GradientSettings settings_;
  std::unique_ptr<PairNoise const> noise_;
  Shaping shaping_;
  std::size_t num_pairs_;
  Decaying rate_, step_;
  std::vector<double> mean_;
  Ascent ascent_;
  ParameterBlocks blocks_;
  bool is_usable_ = true;
};

}  // namespace engram
