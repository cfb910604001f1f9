#include "jobs/searchers/halving.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "core/error.hpp"

namespace engram {

Budgets::Budgets(SearcherSettings const& settings)
    : eta_(settings.options.count("eta")), powers_{1} {
  if (settings.space.empty()) return;
  // The hundredth lets 0.333 and 0.334 both be a third.
  double const most = 1.01 / settings.options.real("min_budget");
  while (static_cast<double>(powers_.back() * eta_) <= most)
    powers_.push_back(powers_.back() * eta_);
  if (powers_.size() == 1)
    throw UserError("min_budget is " + to_string(settings.options.at("min_budget")) +
                    ", so that there is only the full one; expected at most 1 / eta, " +
                    to_string(1.0 / static_cast<double>(eta_)));
}

std::vector<ParameterSpec> Budgets::options(std::int64_t eta, std::string_view source_of_eta,
                                            double min_budget) {
  return {integer("eta", eta)
              .range(2, 1000)
              .means("one in so many goes on, with so many times the budget")
              .from(source_of_eta),
          real("min_budget", min_budget)
              .range(1e-6, 1.0)
              .means("share of the full effort that no point is below; budgets are 1, 1/eta, "
                     "1/eta^2, … down to it")
              .from("here")};
}

std::vector<Bracket> hyperband_brackets(Budgets const& budgets) {
  std::vector<Bracket> brackets;
  auto const s_max = budgets.highest_level();
  for (std::size_t s = s_max + 1; s-- > 0;)
    brackets.push_back({((s_max + 1) * budgets.power(s) + s) / (s + 1), s_max - s});
  return brackets;
}

void check_full_budget(std::uint64_t num_points, std::uint64_t least) {
  if (num_points < least)
    throw UserError("the study asks for " + std::to_string(num_points) +
                    " points, of which none would have the full budget; give at least " +
                    std::to_string(least) + " times the replicates, or a larger min_budget");
}

Point random_configuration(SearchSpace const& space, Key key, std::uint64_t i) {
  Random const random(key.index(i));
  Point point;
  for (std::size_t j = 0; j < space.size(); ++j)
    point.push_back(space[j].at_quantile(random.uniform(j)));
  return point;
}

std::vector<std::size_t> best_indices(std::span<double const> fitness, std::size_t num) {
  std::vector<std::size_t> order(fitness.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  auto const end = order.begin() + static_cast<std::ptrdiff_t>(std::min(num, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](std::size_t a, std::size_t b) {
    bool const a_failed = std::isnan(fitness[a]), b_failed = std::isnan(fitness[b]);
    if (a_failed != b_failed) return b_failed;
    if (!a_failed && fitness[a] != fitness[b]) return fitness[a] > fitness[b];
    return a < b;
  });
  order.erase(end, order.end());
  return order;
}

void Rung::add(std::uint64_t point, double fitness) {
  ++num_results_;
  if (!std::isnan(fitness)) waiting_.insert({fitness, point});
}

std::optional<std::uint64_t> Rung::promote(std::uint64_t eta) {
  if (waiting_.empty()) return std::nullopt;
  auto const best = *waiting_.begin();
  auto const place = std::lower_bound(promoted_.begin(), promoted_.end(), best);
  auto const num_better = static_cast<std::uint64_t>(place - promoted_.begin());
  if (num_better >= num_results_ / eta) return std::nullopt;
  promoted_.insert(place, best);
  waiting_.erase(waiting_.begin());
  return best.point;
}

}  // namespace engram
