#include "jobs/searchers/population_training.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace engram {

namespace {

/// Throws UserError unless the number of points is a generation's times theirs.
std::uint64_t resolved_generations(SearcherSettings const& settings, std::uint64_t size) {
  auto const num_generations = settings.options.count("generations");
  if (num_generations == 0 && settings.num_points == 0)
    throw UserError(
        "expected the number of trials (study.trials) or of generations (searcher.generations)");
  if (num_generations == 0) {
    if (settings.num_points % size != 0)
      throw UserError("expected a multiple of searcher.population = " + std::to_string(size) +
                      " points, for as many generations, got " +
                      std::to_string(settings.num_points));
    return settings.num_points / size;
  }
  auto const num_points = size * num_generations;
  if (settings.num_points != 0 && settings.num_points != num_points)
    throw UserError(std::to_string(num_generations) + " generations of " + std::to_string(size) +
                    " members are " + std::to_string(num_points) +
                    " points, but the study asks for " + std::to_string(settings.num_points) +
                    "; leave out the number of trials, or searcher.generations");
  return num_generations;
}

}  // namespace

PopulationTraining::PopulationTraining(SearcherSettings const& settings)
    : direction_(settings.direction),
      key_(settings.key),
      quantile_(settings.options.real("quantile")) {
  if (settings.space.empty()) {  // nothing to explore
    size_ = std::max<std::uint64_t>(1, settings.num_points);
    return;
  }
  size_ = settings.options.count("population");
  num_generations_ = resolved_generations(settings, size_);
}

std::vector<Proposal> PopulationTraining::ask(std::size_t max_points) {
  std::vector<Proposal> points;
  while (points.size() < max_points && !finished()) {
    auto const i_member = num_asked_ % size_;
    if (i_member == 0) {
      if (num_told_ != num_asked_) break;
      begin_generation();
    }
    points.push_back(members_[i_member]);
    ++num_asked_;
  }
  return points;
}

void PopulationTraining::tell(PointResult const& result) {
  fitness_.push_back(direction_ == Direction::minimise ? -result.objective : result.objective);
  ++num_told_;
}

std::uint64_t PopulationTraining::oldest_to_continue() const {
  auto const num_complete = num_told_ / size_;
  return num_complete == 0 ? 0 : (num_complete - 1) * size_;
}

void PopulationTraining::begin_generation() {
  // Where no trial of a generation completed, there is no state to go on from.
  bool const has_results = std::ranges::any_of(fitness_, [](double f) { return !std::isnan(f); });
  if (has_results)
    continue_from(exploit());
  else
    begin_anew();
  auto const budget = static_cast<double>(generation() + 1) / static_cast<double>(num_generations_);
  for (auto& member : members_) member.budget = budget;
  fitness_.clear();
}

void PopulationTraining::begin_anew() {
  members_.assign(size_, {});
  for (std::size_t m = 0; m < size_; ++m) members_[m].values = draw(m, key_.index(num_asked_ + m));
}

void PopulationTraining::continue_from(std::span<Origin const> origins) {
  std::vector<Point> values;
  for (auto& member : members_) values.push_back(std::move(member.values));
  auto explored = explore(values, origins, fitness_, key_.stream("explore").index(generation()));
  auto const before = std::exchange(members_, std::vector<Proposal>(size_));
  for (std::size_t m = 0; m < size_; ++m) {
    auto const [origin, is_own] = origins[m];
    auto const point = num_asked_ - size_ + origin;
    members_[m].values = std::move(explored[m]);
    members_[m].continues = point;
    if (is_own) members_[m].seeds_of = before[origin].seeds_of.value_or(point);
  }
}

/// Best first; equals in their order, NaN last.
std::vector<std::size_t> PopulationTraining::ranked() const {
  std::vector<std::size_t> order(size_);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return fitness_[a] > fitness_[b] || (std::isnan(fitness_[b]) && !std::isnan(fitness_[a]));
  });
  return order;
}

/// Truncation selection (Jaderberg et al. 2017, section 4.1.1).
std::vector<PopulationTraining::Origin> PopulationTraining::exploit() const {
  auto const order = ranked();
  auto const num_numbers = static_cast<std::size_t>(
      std::ranges::count_if(fitness_, [](double f) { return !std::isnan(f); }));
  // 1e-9: a share of exactly n members is n, whichever way the product is rounded.
  auto const share = std::ceil(quantile_ * static_cast<double>(size_) - 1e-9);
  auto const num_worst = std::min<std::size_t>(static_cast<std::size_t>(share), size_ / 2);
  auto const num_best = std::clamp<std::size_t>(num_worst, 1, num_numbers);
  auto const key = key_.stream("exploit").index(generation());
  std::vector<Origin> origins(size_);
  for (std::size_t rank = 0; rank < size_; ++rank) {
    auto const m = order[rank];
    bool const is_own = rank < num_numbers && rank < size_ - num_worst;
    origins[m] = {is_own ? m : order[Random(key).integer(m, num_best)], is_own};
  }
  return origins;
}

std::vector<ParameterSpec> population_options(std::int64_t population, std::string_view source) {
  return {integer("population", population)
              .range(1, 1e6)
              .means("members, which are evaluated at a time")
              .from(source),
          integer("generations", 0)
              .range(0, 1e6)
              .means("parts of a trial, after each of which the worst members go on from the best; "
                     "0: as many as study.trials has of the population")
              .from("here"),
          real("quantile", 0.25)
              .range(0.0, 0.5)
              .means("share of the worst members, which go on from as many best; 0: none does, "
                     "but those without a result")
              .from("Ray Tune (Liaw et al. 2018, arXiv 1807.05118); Jaderberg et al. 2017: .2")};
}

}  // namespace engram
