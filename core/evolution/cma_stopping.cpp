#include "core/evolution/cma_stopping.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace engram {

namespace {

constexpr double tolfun = 1e-11, tolfunhist = 1e-12, tolx = 1e-11, max_condition = 1e14,
                 tolfacupx = 1e3;

enum Reason : std::size_t {
  go_on,
  small_range,
  small_range_of_best,
  small_step,
  ill_conditioned,
  large_step,
  stagnation,
  too_long
};
constexpr std::array<std::string_view, 8> reason_names = {
    "", "tolfun", "tolfunhist", "tolx", "conditioncov", "tolfacupx", "tolstagnation", "maxiter"};

/// Drops the oldest, appends.
void append(std::vector<double>& history, double value, std::size_t max_size) {
  if (history.size() >= max_size) history.erase(history.begin());
  history.push_back(value);
}

}  // namespace

CmaStopping::CmaStopping(std::size_t dimension, std::size_t population_size, double first_step) {
  auto const n = static_cast<double>(dimension), lambda = static_cast<double>(population_size);
  num_recent_ = static_cast<std::size_t>(10.0 + std::ceil(30.0 * n / lambda));
  num_stagnation_ = static_cast<std::size_t>(100.0 + 100.0 * n * std::sqrt(n) / lambda);
  max_generations_ = 100.0 + 150.0 * (n + 3.0) * (n + 3.0) / std::sqrt(lambda);
  max_std_ = tolfacupx * first_step;
}

void CmaStopping::tell(Ranking const& ranking, Spread const& spread) {
  ++num_generations_;
  if (std::size_t const num = ranking.num_numbers(); num > 0) {
    auto const fitness = [&](std::size_t rank) { return ranking.fitness[ranking.order[rank]]; };
    append(best_, fitness(0), std::max(num_recent_, num_stagnation_));
    append(median_, 0.5 * (fitness((num - 1) / 2) + fitness(num / 2)), num_stagnation_);
  }
  i_reason_ = find_reason(ranking, spread);
}

std::size_t CmaStopping::find_reason(Ranking const& ranking, Spread const& spread) {
  std::size_t const num = ranking.num_numbers();
  if (num > 1) {  // one number is no range, and differences of infinities are none that is small
    double const range = ranking.best() - ranking.fitness[ranking.order[num - 1]];
    std::size_t const num_recent = std::min(best_.size(), num_recent_);
    auto const [low, high] = std::ranges::minmax(std::span(best_).last(num_recent));
    if (range < tolfun && high - low < tolfun) return small_range;
    if (best_.size() >= 10 && high - low < tolfunhist) return small_range_of_best;
  }
  if (spread.largest_std < tolx && spread.largest_path < tolx) return small_step;
  // Written so that NaN, too, stops.
  if (!(spread.condition <= max_condition)) return ill_conditioned;
  if (!(spread.largest_std <= max_std_)) return large_step;
  // A look costs as much as a generation of a small problem.
  if (num_generations_ % 10 == 0 && is_stagnant()) return stagnation;
  if (static_cast<double>(num_generations_) >= max_generations_) return too_long;
  return go_on;
}

/// The median over the latest 30 % of a window is no better than over its first 30 %, for best and
/// median fitness alike. It is the tutorial's rule in the shortest window of pycma; their windows
/// grow with the run.
bool CmaStopping::is_stagnant() {
  if (median_.size() < num_stagnation_) return false;
  std::size_t const part = num_stagnation_ * 3 / 10;
  auto const is_no_better = [&](std::span<double const> history) {
    history = history.last(num_stagnation_);
    return median(history.last(part)) <= median(history.first(part));
  };
  return is_no_better(best_) && is_no_better(median_);
}

double CmaStopping::median(std::span<double const> values) {
  sorted_.assign(values.begin(), values.end());
  auto const middle = sorted_.begin() + static_cast<std::ptrdiff_t>(sorted_.size() / 2);
  std::ranges::nth_element(sorted_, middle);
  return *middle;
}

std::string_view CmaStopping::reason() const {
  return reason_names[i_reason_];
}

void CmaStopping::exchange(StateArchive& archive) {
  archive(best_);
  archive(median_);
  archive(num_generations_);
  archive(i_reason_);
  if (i_reason_ >= reason_names.size())
    throw std::invalid_argument("there is no such reason to stop");
}

}  // namespace engram
