#include "core/evolution/strategy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "core/evolution/weights.hpp"
#include "core/random/noise.hpp"

namespace engram {

namespace {

/// Ranks into `order`, which keeps its memory.
Ranking rank(std::span<double const> fitness, std::vector<std::size_t>& order) {
  order.resize(fitness.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // The index makes the order total: std::sort needs no memory, std::stable_sort does.
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    bool const a_is_nan = std::isnan(fitness[a]), b_is_nan = std::isnan(fitness[b]);
    if (a_is_nan != b_is_nan) return b_is_nan;
    if (fitness[a] > fitness[b]) return true;
    if (fitness[a] < fitness[b]) return false;
    return a < b;
  });
  auto const num_nan =
      std::count_if(fitness.begin(), fitness.end(), [](double value) { return std::isnan(value); });
  return {order, fitness, static_cast<std::size_t>(num_nan)};
}

}  // namespace

void check(StrategySettings const& settings) {
  auto const is_finite = [](double value) { return std::isfinite(value); };
  if (settings.start.empty() || !std::ranges::all_of(settings.start, is_finite))
    throw std::invalid_argument("a strategy starts at one finite number a dimension");
  if (!(settings.step > 0.0) || !is_finite(settings.step))
    throw std::invalid_argument("the step of a strategy is positive and finite");
  if (settings.population_size == 1)
    throw std::invalid_argument("a population has two members or more");
  if (!(settings.start_width >= 0.0) || !is_finite(settings.start_width))
    throw std::invalid_argument("the width of the start is finite and not negative");
  if (settings.top_fraction && !(*settings.top_fraction > 0.0 && *settings.top_fraction <= 1.0))
    throw std::invalid_argument("the share that is selected is positive and at most 1");
}

std::vector<double> draw_start(StrategySettings const& settings) {
  auto start = settings.start;
  if (settings.start_width == 0.0) return start;
  Random const random(settings.key.stream("strategy/start"));
  for (std::size_t j = 0; j < start.size(); ++j)
    start[j] += random.uniform(j, -settings.start_width, settings.start_width);
  return start;
}

std::size_t resolved_population_size(StrategySettings const& settings) {
  if (settings.population_size > 0) return settings.population_size;
  return default_population_size(settings.start.size());
}

EvolutionStrategy::EvolutionStrategy(StrategySettings const& settings)
    : key_(settings.key.stream("strategy/noise")),
      best_fitness_(-std::numeric_limits<double>::infinity()),
      best_genome_(settings.start.size(), 0.0) {
  check(settings);
}

void EvolutionStrategy::draw_noise(std::size_t i_member, std::span<double> out) const {
  fill(GaussianNoise(noise_key(generation_, i_member)), 0, out);
}

void EvolutionStrategy::genome(std::size_t i_member, std::span<double> out) const {
  if (i_member >= population_size()) throw std::invalid_argument("there is no such member");
  if (out.size() != dimension()) throw std::invalid_argument("a genome has one number a dimension");
  make_genome(i_member, out);
}

void EvolutionStrategy::ask(std::size_t first, std::size_t last, std::span<double> out) const {
  if (first > last || out.size() != (last - first) * dimension())
    throw std::invalid_argument("genomes have one number a member and dimension");
  for (std::size_t i = first; i < last; ++i)
    genome(i, out.subspan((i - first) * dimension(), dimension()));
}

void EvolutionStrategy::guide(std::span<double const> gradient) {
  if (gradient.size() != dimension())
    throw std::invalid_argument("a gradient has one number a dimension");
  take_guidance(gradient);
}

void EvolutionStrategy::inject(std::size_t i_member, std::span<double const> genome) {
  if (i_member >= population_size()) throw std::invalid_argument("there is no such member");
  if (genome.size() != dimension())
    throw std::invalid_argument("a genome has one number a dimension");
  take_genome(i_member, genome);
  injected_[i_member].assign(genome.begin(), genome.end());
}

void EvolutionStrategy::take_genome(std::size_t, std::span<double const>) {
  throw std::invalid_argument("this strategy takes no genomes from elsewhere");
}

void EvolutionStrategy::tell(std::span<double const> fitness) {
  if (fitness.size() != population_size())
    throw std::invalid_argument("fitness has one number a member");
  auto const ranking = rank(fitness, order_);
  if (ranking.best() > best_fitness_) {  // false for NaN
    best_fitness_ = ranking.best();
    auto const injected = injected_.find(ranking.order[0]);
    if (injected != injected_.end())
      best_genome_ = injected->second;
    else
      make_genome(ranking.order[0], best_genome_);
  }
  num_nan_ += ranking.num_nan;
  evaluations_ += fitness.size();
  injected_.clear();
  update(ranking);
  ++generation_;
}

void EvolutionStrategy::exchange_all(StateArchive& archive) {
  archive(generation_);
  archive(evaluations_);
  archive(num_nan_);
  archive(best_fitness_);
  auto const num_dimensions = dimension();
  archive(best_genome_);
  exchange(archive);
  if (dimension() != num_dimensions)
    throw std::invalid_argument("this is a state of a strategy of another dimension");
}

std::vector<double> EvolutionStrategy::state() const {
  std::vector<double> record;
  StateArchive archive(record);
  // One list of members for both directions, and an archive that writes changes none of them.
  const_cast<EvolutionStrategy*>(this)->exchange_all(archive);
  return record;
}

void EvolutionStrategy::set_state(std::span<double const> state) {
  StateArchive archive(state);
  exchange_all(archive);
  archive.finish();
}

}  // namespace engram
