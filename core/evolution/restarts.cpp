#include "core/evolution/restarts.hpp"

#include <vector>

namespace engram {

Restarts::Restarts(std::string_view strategy, StrategySettings const& settings)
    : EvolutionStrategy(settings),
      settings_(settings),
      factory_(StrategyRegistry::instance().at(strategy)),
      key_(settings.key.stream("strategy/run")),
      plan_{0, settings.step} {
  settings_.population_size = resolved_population_size(settings_);
  plan_.population_size = settings_.population_size;
  begin_run();
}

void Restarts::begin_run() {
  auto settings = settings_;
  settings.population_size = plan_.population_size;
  settings.step = plan_.step;
  settings.key = run_key(i_run_);
  run_ = factory_.make(settings);
}

void Restarts::update(Ranking const& ranking) {
  run_->tell(ranking.fitness);
  std::uint64_t const spent = run_->evaluations();
  if (is_over_ || (run_->stop_reason().empty() && !is_spent(spent))) return;
  Run next = plan_;
  is_over_ = !plan_next(i_run_ + 1, spent, next);
  if (is_over_) return;  // the last run stays, so that there is a mean
  ++i_run_;
  plan_ = next;
  begin_run();
}

void Restarts::exchange(StateArchive& archive) {
  auto state = run_->state();
  archive(i_run_);
  archive(plan_.population_size);
  archive(plan_.step);
  archive(is_over_);
  archive(state);
  exchange_plan(archive);
  if (!archive.reads()) return;
  begin_run();  // made from its plan alone
  run_->set_state(state);
}

}  // namespace engram
