#include "core/evolution/gradient_strategy.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "core/error.hpp"

namespace engram {

namespace {

std::string or_default(std::string const& given, std::string_view own) {
  return given.empty() ? std::string(own) : given;
}

void check(GradientSettings const& settings, double rate) {
  auto const is_decay = [](double value) { return value > 0.0 && value <= 1.0; };
  auto const is_amount = [](double value) { return value >= 0.0 && std::isfinite(value); };
  if (!(rate > 0.0) || !std::isfinite(rate))
    throw std::invalid_argument("the rate of a strategy is positive and finite");
  if (!is_decay(settings.rate_decay) || !is_decay(settings.step_decay))
    throw std::invalid_argument("rates and steps decay by a positive factor of at most 1");
  if (!is_amount(settings.min_rate) || !is_amount(settings.min_step) ||
      !is_amount(settings.weight_decay))
    throw std::invalid_argument("least rates and steps and weight decay are not negative");
  if (settings.num_surrogates == 0 || settings.generations_an_episode == 0)
    throw std::invalid_argument("a subspace has a dimension, and an episode a generation, or more");
}

std::unique_ptr<PairNoise const> choose_noise(StrategySettings const& settings,
                                              std::unique_ptr<PairNoise const> own_noise) {
  auto const& name = settings.gradient.noise;
  if (own_noise) {
    if (!name.empty())
      throw UserError("this strategy has noise of its own; noise must not be given");
    return own_noise;
  }
  // As EvolutionStrategy::noise_key.
  return make_pair_noise(or_default(name, "gaussian"), settings.key.stream("strategy/noise"),
                         settings.start.size());
}

}  // namespace

std::vector<std::string> gradient_settings(std::vector<std::string> more) {
  more.insert(more.end(), {"rate", "rate_decay", "weight_decay"});
  return more;
}

GradientStrategy::GradientStrategy(StrategySettings const& settings, Defaults const& defaults,
                                   std::unique_ptr<PairNoise const> own_noise)
    : EvolutionStrategy(settings),
      settings_(settings.gradient),
      noise_(choose_noise(settings, std::move(own_noise))),
      shaping_(find_shaping(or_default(settings_.shaping, defaults.shaping))),
      num_pairs_((resolved_population_size(settings) + 1) / 2),
      rate_(settings_.rate.value_or(defaults.rate), settings_.rate_decay, settings_.min_rate),
      step_(settings.step, settings_.step_decay, settings_.min_step),
      mean_(draw_start(settings)),
      ascent_(or_default(settings_.optimizer, defaults.optimizer), mean_.size()),
      blocks_(settings.group, mean_.size()) {
  check(settings_, rate_.value());
}

std::vector<double> GradientStrategy::pair_differences(Ranking const& ranking) const {
  auto const f = shaped(ranking);
  std::vector<double> differences(num_pairs_);
  for (std::size_t i = 0; i < num_pairs_; ++i)
    differences[i] = (f[2 * i] - f[2 * i + 1]) / static_cast<double>(f.size());
  return differences;
}

void GradientStrategy::sum_noise(std::span<NoisePair const> pairs, std::span<double const> weights,
                                 std::span<double> sum) {
  auto const mine = blocks_.mine(sum);
  std::ranges::fill(mine, 0.0);
  noise_->add_weighted(pairs, weights, blocks_.first(), mine);
  blocks_.gather(sum);
}

void GradientStrategy::sum_noise(std::span<double const> pair_weights, std::span<double> sum) {
  std::vector<NoisePair> pairs;
  for (std::size_t i = 0; i < num_pairs_; ++i) pairs.push_back(pair(i));
  sum_noise(pairs, pair_weights, sum);
}

void GradientStrategy::make_genome(std::size_t i_member, std::span<double> out) const {
  double const scale = i_member % 2 == 0 ? step() : -step();
  noise_->perturb(pair(i_member / 2), scale, mean_, out);
}

void GradientStrategy::update(Ranking const& ranking) {
  estimate(ranking, ascent_.gradient());
  ascent_.step(rate_.value(), settings_.weight_decay, mean_);
  rate_.decay();
  if ((generation() + 1) % settings_.generations_an_episode == 0) step_.decay();
  is_usable_ = step() > 0.0 && is_sound() &&
               std::ranges::all_of(mean_, [](double value) { return std::isfinite(value); });
}

void GradientStrategy::exchange(StateArchive& archive) {
  archive(std::span(mean_));
  rate_.exchange(archive);
  step_.exchange(archive);
  archive(is_usable_);
  ascent_.exchange(archive);
  exchange_rest(archive);
}

}  // namespace engram
