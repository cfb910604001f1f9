#include "jobs/searchers/bracket_search.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace engram {
namespace {

std::uint64_t num_at(std::vector<Bracket> const& brackets, Budgets const& budgets,
                     std::size_t level) {
  std::uint64_t num = 0;
  for (auto const& bracket : brackets) num += bracket.size(budgets, level);
  return num;
}

std::uint64_t num_below(std::vector<Bracket> const& brackets, Budgets const& budgets,
                        std::size_t end_level) {
  std::uint64_t num = 0;
  for (std::size_t level = 0; level < end_level; ++level) num += num_at(brackets, budgets, level);
  return num;
}

}  // namespace

BracketSearch::BracketSearch(SearcherSettings const& settings, Budgets budgets,
                             std::vector<Bracket> brackets)
    : Adaptive(settings, num_below(brackets, budgets, budgets.highest_level() + 1)),
      space_(settings.space),
      key_(settings.key),
      budgets_(std::move(budgets)),
      brackets_(std::move(brackets)) {
  check_full_budget(num_points(), num_below(brackets_, budgets_, budgets_.highest_level()) + 1);
  begin_stage(0);
}

std::uint64_t BracketSearch::oldest_to_continue() const {
  if (i_next_ < stage_.size() && stage_[i_next_].continues) return *stage_[i_next_].continues;
  return is_last_level() ? num_asked() : stage_begin_;
}

std::uint64_t BracketSearch::num_needed() const {
  if (i_next_ < stage_.size()) return num_learned();
  return is_last_level() ? stage_begin_ : num_asked();
}

void BracketSearch::learn(double fitness) {
  auto const [configuration, level] = unlearned_.front();
  unlearned_.pop_front();
  if (num_learned() >= stage_begin_)
    stage_[static_cast<std::size_t>(num_learned() - stage_begin_)].fitness = fitness;
  observe(configuration, level, fitness);
}

Point BracketSearch::configuration(std::uint64_t i) {
  return random_configuration(space_, key_, i);
}

Proposal BracketSearch::propose_next() {
  if (i_next_ == stage_.size()) begin_stage(is_last_level() ? 0 : level_ + 1);
  auto& member = stage_[i_next_++];
  unlearned_.push_back({member.configuration, level_});
  Proposal proposal = {.budget = budgets_.budget(level_)};
  if (member.continues) {
    proposal.continues = member.continues;
    proposal.seeds_of = member.first;
  } else {
    member.first = num_asked();
    member.values = configuration(member.configuration);
  }
  proposal.values = member.values;
  return proposal;
}

void BracketSearch::begin_stage(std::size_t level) {
  std::vector<Member> next;
  std::size_t begin = 0;  // of the bracket's members in the stage before
  for (auto const& bracket : brackets_) {
    auto const size = bracket.size(budgets_, level);
    if (level == bracket.first_level) {
      for (std::uint64_t i = 0; i < size; ++i)
        next.push_back({.configuration = num_configurations_++});
    } else if (level > bracket.first_level) {
      std::vector<double> fitness;
      auto const end = begin + bracket.size(budgets_, level - 1);
      for (auto i = begin; i < end; ++i) fitness.push_back(stage_[i].fitness);
      auto promoted = best_indices(fitness, size);
      std::ranges::sort(promoted);
      for (auto const i : promoted) {
        next.push_back(std::move(stage_[begin + i]));
        next.back().continues = stage_begin_ + begin + i;
      }
      begin = end;
    }
  }
  stage_ = std::move(next);
  level_ = level;
  i_next_ = 0;
  stage_begin_ = num_asked();
}

}  // namespace engram
