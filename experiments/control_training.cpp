#include "experiments/control_training.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/evolution/members.hpp"
#include "experiments/strategy_parameters.hpp"

namespace engram {

namespace {

double step_time_s(ControlProblem const& problem) {
  return 5e-8 + 5e-11 * static_cast<double>(problem.shape().packed_size());
}

/// Members for some milliseconds of work.
int members_at_a_time(ControlProblem const& problem, double num_episodes) {
  double const member_s = step_time_s(problem) * num_episodes * problem.max_steps();
  return static_cast<int>(std::clamp(5e-3 / member_s, 2.0, 1024.0));
}

/// Around zeros.
StrategySettings settings_of(Parameters const& p, PolicyShape const& shape, Key key,
                             Communicator const& group) {
  StrategySettings settings;
  settings.start.assign(shape.num_parameters(), 0.0);
  settings.matrices = weight_matrices(shape);
  settings.start_width = p.real("start_width");
  settings.step = p.real("step");
  settings.key = key;
  settings.group = group;
  return settings;
}

}  // namespace

std::vector<MatrixBlock> weight_matrices(PolicyShape const& shape) {
  std::vector<MatrixBlock> matrices;
  std::size_t first = 0;
  for (int l = 0; l < shape.num_layers(); ++l) {
    auto const rows =
        static_cast<std::size_t>(shape.layer_inputs(l) + (l == 0 ? shape.num_states : 0));
    auto const columns = static_cast<std::size_t>(shape.layer_outputs(l));
    matrices.push_back({first, rows, columns});
    first += (rows + (shape.has_biases ? 1 : 0)) * columns;
  }
  return matrices;
}

ControlTraining::ControlTraining(TrialContext const& context, Parameters const& p, Key key)
    : context_(context),
      key_(key),
      problem_(make_control_problem(p)),
      strategy_(make_strategy(p, settings_of(p, problem_->shape(), key, context.group))),
      num_episodes_(static_cast<int>(p.integer("episodes"))),
      num_test_episodes_(p.count("test_episodes")),
      normalizes_(p.boolean("normalize")),
      moments_(problem_->num_observations()),
      policies_(problem_->shape(), members_at_a_time(*problem_, num_episodes_)),
      centre_(problem_->shape(), 1),
      genome_(strategy_->dimension()) {}

/// All members have the same episodes, which are new in each generation.
void ControlTraining::evaluate(std::span<std::size_t const> members, std::span<double> records) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    strategy_->genome(members[i], genome_);
    policies_.set(static_cast<int>(i), genome_);
  }
  policies_.upload();
  auto const& space = context_.space;
  RolloutResult const result(static_cast<int>(members.size()), num_episodes_,
                             normalizes_ ? problem_->num_observations() : 0);
  auto const first = strategy_->generation() * static_cast<std::uint64_t>(num_episodes_);
  problem_->run(space, policies_, moments_, {key_.stream("training"), first}, result);
  auto const returns = mean_returns(space, result);
  auto const steps = member_steps(space, result);
  auto const moments = normalizes_ ? member_moments(space, result) : std::vector<RunningMoments>();
  for (std::size_t i = 0; i < members.size(); ++i) {
    double* to = &records[i * record_width()];
    *to++ = returns[i];
    *to++ = static_cast<double>(steps[i]);
    if (!normalizes_) continue;
    for (int k = 0; k < moments_.num(); ++k) *to++ = moments[i].mean(k);
    for (int k = 0; k < moments_.num(); ++k) *to++ = moments[i].sum_squares(k);
  }
}

ControlGeneration ControlTraining::run_generation() {
  std::size_t const num_members = strategy_->population_size(), width = record_width();
  auto const gathered = evaluate_members(
      context_.group,
      {num_members, width, static_cast<std::size_t>(policies_.num_members()), smallest_block_},
      context_.deadline, [this](auto members, auto records) { evaluate(members, records); });
  for (std::size_t i = 0; i < num_members; ++i) {
    double const* const record = &gathered.values[i * width];
    steps_ += record[1];
    if (!normalizes_ || !std::isfinite(record[0])) continue;
    auto const n = static_cast<std::size_t>(moments_.num());
    moments_.merge({record[1], {record + 2, record + 2 + n}, {record + 2 + n, record + width}});
  }
  smallest_block_ = smallest_block(gathered, num_members, 1, step_time_s(*problem_));
  return tell_members(*strategy_, gathered, 0, "outputs or rewards are not finite", failure_);
}

void ControlTraining::exchange(StateArchive& archive) {
  strategy_->exchange_all(archive);
  moments_.exchange(archive);
  archive(steps_);
  archive(failure_);
}

ControlTest ControlTraining::test() {
  centre_.set(0, strategy_->mean());
  centre_.upload();
  auto const before = strategy_->generation() * num_test_episodes_;
  return test_policy(context_, num_test_episodes_,
                     [&](std::size_t first, RolloutResult const& result) {
                       problem_->run(context_.space, centre_, moments_,
                                     {key_.stream("test"), before + first}, result);
                     });
}

}  // namespace engram
