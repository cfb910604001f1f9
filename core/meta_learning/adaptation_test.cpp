#include "core/meta_learning/adaptation_test.hpp"

namespace engram {

AdaptationTest::AdaptationTest(MetaProblem const& problem, Sizes const& sizes, Key key)
    : group_(problem.group),
      num_tasks_(sizes.num_tasks),
      share_(share_of(group_, sizes.num_tasks)),
      to_adapt_(make_samples(*problem.tasks, share_.count, sizes.num_samples)),
      to_test_(make_samples(*problem.tasks, share_.count, sizes.num_covering)),
      adapter_(problem.net, problem.settings.adaptation, share_.count, sizes.num_samples),
      loss_(problem.net, share_.count, sizes.num_covering),
      theta_("engram::core::adaptation_test", share_.count, loss_.num_parameters()),
      directions_(indexed_keys(key.stream("direction"), share_.first, share_.count)) {
  auto const tasks = indexed_keys(key.stream("task"), share_.first, share_.count);
  auto const samples = indexed_keys(key.stream("adapt"), share_.first, share_.count);
  draw_samples(*problem.tasks, tasks, samples, to_adapt_);
  cover_tasks(*problem.tasks, tasks, to_test_);
}

void AdaptationTest::start(std::span<double const> theta) {
  set_rows(theta, theta_);
  i_step_ = 0;
}

void AdaptationTest::step(ExecutionSpace const& space) {
  if (share_.count == 0) return;
  std::vector<Key> keys;
  for (auto const& direction : directions_) keys.push_back(direction.index(i_step_));
  adapter_.step(space, theta_, to_adapt_, keys);
  ++i_step_;
}

double AdaptationTest::mean_loss(ExecutionSpace const& space) {
  std::vector<double> losses;
  if (share_.count > 0) losses = loss_.evaluate(space, theta_, to_test_);
  return mean_row(gather_rows(group_, num_tasks_, 1, losses), 1)[0];
}

}  // namespace engram
