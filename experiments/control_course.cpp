#include "experiments/control_course.hpp"

#include <cmath>
#include <span>
#include <stdexcept>

#include "core/control/running_moments.hpp"

namespace engram {

namespace {

constexpr std::size_t test_block = 8;  // episodes that go through a kernel's lanes together

}  // namespace

void ControlCourse::add(double where, ControlGeneration const& members, ControlTest const& test,
                        double target) {
  at.push_back(where);
  mean.push_back(test.mean);
  population_mean.push_back(members.mean);
  population_best.push_back(members.best);
  last = test;
  best = std::max(best, test.mean);
  if (is_solved) return;
  to_solve = where;
  is_solved = test.mean >= target;
}

void ControlCourse::exchange(StateArchive& archive) {
  for (auto* curve : {&at, &mean, &population_mean, &population_best}) archive(*curve);
  for (auto* number : {&last.mean, &last.deviation, &best, &to_solve}) archive(*number);
  archive(is_solved);
}

ControlGeneration tell_members(EvolutionStrategy& strategy, MemberRecords const& records,
                               std::size_t i_return, std::string const& overflow,
                               std::string& failure) {
  std::size_t const num_members = strategy.population_size();
  std::size_t const width = records.values.size() / num_members;
  std::vector<double> fitness(num_members);
  double sum = 0.0, num_finite = 0.0, best = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < num_members; ++i) {
    double const* const record = &records.values[i * width];
    bool const is_finite = std::isfinite(record[0]);
    fitness[i] = is_finite ? record[0] : std::numeric_limits<double>::quiet_NaN();
    if (!is_finite) continue;
    sum += record[i_return];
    num_finite += 1.0;
    best = std::max(best, record[i_return]);
  }
  if (num_finite < static_cast<double>(num_members) && failure.empty())
    failure = records.num_thrown > 0 ? records.reason : overflow;
  if (num_finite == 0.0)
    throw std::runtime_error("no member of generation " + std::to_string(strategy.generation()) +
                             " has a finite fitness: " + failure);
  strategy.tell(fitness);
  return {sum / num_finite, best};
}

std::size_t smallest_block(MemberRecords const& records, std::size_t num_members,
                           std::size_t i_steps, double step_s) {
  constexpr double worth_while_s = 1e-4;  // some ten times what a block takes besides its members
  std::size_t const width = records.values.size() / num_members;
  double const first = records.values[i_steps];
  double sum = 0.0;
  bool is_equal = true;
  for (std::size_t i = i_steps; i < records.values.size(); i += width) {
    sum += records.values[i];
    is_equal = is_equal && records.values[i] == first;
  }
  if (is_equal) return 0;
  double const member_s = step_s * sum / static_cast<double>(num_members);
  return static_cast<std::size_t>(std::clamp(worth_while_s / member_s, 1.0, 1e6));
}

ControlTest test_policy(TrialContext const& context, std::size_t num_episodes,
                        RunEpisodes const& run) {
  auto const run_block = [&](auto blocks, auto to) {
    std::size_t const begin = blocks[0] * test_block;
    std::size_t const count = std::min(test_block, num_episodes - begin);
    RolloutResult const result(1, static_cast<int>(count));
    run(begin, result);
    std::ranges::copy(episode_returns(context.space, result), to.begin());
  };
  auto const gathered =
      evaluate_members(context.group, {(num_episodes + test_block - 1) / test_block, test_block, 1},
                       context.deadline, run_block);
  if (gathered.num_thrown > 0) throw std::runtime_error(gathered.reason);
  auto const returns = std::span(gathered.values).first(num_episodes);
  double mean = 0.0, sum_squares = 0.0;
  for (std::size_t i = 0; i < returns.size(); ++i)
    add_to_moments(static_cast<double>(i + 1), returns[i], mean, sum_squares);
  if (!std::isfinite(mean))
    throw std::runtime_error("the policy that was tested has no finite return");
  auto const n = static_cast<double>(returns.size());
  return {mean, n > 1.0 ? std::sqrt(sum_squares / (n - 1.0)) : 0.0};
}

void warn_of(EvolutionStrategy const& strategy, std::string const& failure, Outcome& outcome) {
  if (strategy.num_nan() > 0)
    outcome.warnings.push_back(std::to_string(strategy.num_nan()) + " of " +
                               std::to_string(strategy.evaluations()) +
                               " members had no finite fitness: " + failure);
  if (!strategy.stop_reason().empty())
    outcome.warnings.push_back("the strategy ended by itself: " +
                               std::string(strategy.stop_reason()));
}

}  // namespace engram
