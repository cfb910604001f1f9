#include "experiments/meta_hebbian_training.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "core/evolution/members.hpp"
#include "experiments/strategy_parameters.hpp"

namespace engram {

namespace {

constexpr std::size_t record_width = 3;  // fitness, return, steps

double plastic_step_time_s(PlasticProblem const& problem) {
  return 1e-7 + 2e-9 * static_cast<double>(problem.shape().num_parameters());
}

/// Members for some milliseconds of work.
int members_at_a_time(PlasticProblem const& problem, double num_episodes) {
  double const member_s = plastic_step_time_s(problem) * num_episodes * problem.max_steps();
  return static_cast<int>(std::clamp(5e-3 / member_s, 1.0, 1024.0));
}

StrategySettings settings_of(Parameters const& p, std::vector<double> start, Key key,
                             Communicator const& group) {
  StrategySettings settings;
  settings.start = std::move(start);
  settings.step = p.real("step");
  settings.key = key;
  settings.group = group;
  if (p.text("optimizer") != "own") settings.gradient.optimizer = p.text("optimizer");
  return settings;
}

double mean_square(std::span<double const> values) {
  double const sum = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
  return sum / static_cast<double>(values.size());
}

}  // namespace

std::size_t SynapseGenome::numbers_of_synapse() const {
  switch (kind) {
    case Kind::weights:
      return 1;
    case Kind::rules:
      return 4;
    default:
      return 5;
  }
}

PlasticNets::Parts SynapseGenome::parts() const {
  return {.rules = kind != Kind::weights, .weights = kind == Kind::weights};
}

void SynapseGenome::set(PlasticNets& nets, int i_member, std::span<double const> genome) const {
  std::vector<double> numbers;
  for (std::size_t c = 0; c < numbers_of_synapse(); ++c)
    for (std::size_t const group : group_of_synapse)
      numbers.push_back(genome[c * num_groups + group]);
  if (kind == Kind::weights) return nets.set_weights(i_member, numbers);
  if (kind == Kind::rules) numbers.insert(numbers.end(), group_of_synapse.size(), rate);
  nets.set_rules(i_member, numbers);
}

SynapseGenome synapse_genome(Parameters const& p, std::size_t num_synapses) {
  using Kind = SynapseGenome::Kind;
  SynapseGenome genome;
  genome.kind = p.text("evolve") == "weights"
                    ? Kind::weights
                    : (p.text("evolve") == "rules" ? Kind::rules : Kind::rules_and_rates);
  genome.rate = p.real("hebbian_rate");
  genome.num_groups = num_synapses;
  genome.group_of_synapse.resize(num_synapses);
  std::iota(genome.group_of_synapse.begin(), genome.group_of_synapse.end(), std::size_t{0});
  return genome;
}

HebbianEvolution::HebbianEvolution(TrialContext const& context, Parameters const& p,
                                   PlasticProblem const& problem, SynapseGenome genome,
                                   std::vector<double> start, Key key)
    : context_(context),
      problem_(problem),
      synapses_(std::move(genome)),
      key_(key),
      strategy_(make_strategy(p, settings_of(p, std::move(start), key, context.group))),
      num_episodes_(static_cast<int>(p.integer("episodes"))),
      num_test_episodes_(p.count("test_episodes")),
      penalty_(p.real("penalty")),
      members_(problem.shape(), members_at_a_time(problem, num_episodes_), synapses_.parts()),
      centre_(problem.shape(), 1, synapses_.parts()),
      genome_(strategy_->dimension()) {}

/// All members have the same episodes, which are new in each generation, and in them nets that are
/// to learn begin with the same weights: what differs is the genome alone.
void HebbianEvolution::evaluate(std::span<std::size_t const> members, std::span<double> records) {
  std::vector<double> penalties;
  for (std::size_t i = 0; i < members.size(); ++i) {
    strategy_->genome(members[i], genome_);
    synapses_.set(members_, static_cast<int>(i), genome_);
    penalties.push_back(penalty_ * mean_square(genome_));
  }
  members_.upload();
  RolloutResult const result(static_cast<int>(members.size()), num_episodes_);
  auto const first = strategy_->generation() * static_cast<std::uint64_t>(num_episodes_);
  problem_.run(context_.space, members_, {key_.stream("training"), first}, result);
  auto const returns = mean_returns(context_.space, result);
  auto const steps = member_steps(context_.space, result);
  for (std::size_t i = 0; i < members.size(); ++i) {
    std::array<double, record_width> const record = {returns[i] - penalties[i], returns[i],
                                                     static_cast<double>(steps[i])};
    std::ranges::copy(record, records.begin() + static_cast<std::ptrdiff_t>(i * record_width));
  }
}

ControlGeneration HebbianEvolution::run_generation() {
  std::size_t const num_members = strategy_->population_size();
  auto const gathered = evaluate_members(
      context_.group,
      {num_members, record_width, static_cast<std::size_t>(members_.num_members()),
       smallest_block_},
      context_.deadline, [this](auto members, auto records) { evaluate(members, records); });
  for (std::size_t i = 0; i < num_members; ++i) steps_ += gathered.values[i * record_width + 2];
  smallest_block_ = smallest_block(gathered, num_members, 2, plastic_step_time_s(problem_));
  return tell_members(*strategy_, gathered, 1, "outputs, rewards or rules overflow", failure_);
}

void HebbianEvolution::exchange(StateArchive& archive) {
  strategy_->exchange_all(archive);
  archive(steps_);
  archive(failure_);
}

EpisodeRange HebbianEvolution::test_episodes() const {
  return {key_.stream("test"), strategy_->generation() * num_test_episodes_};
}

ControlTest HebbianEvolution::test() {
  synapses_.set(centre_, 0, strategy_->mean());
  centre_.upload();
  auto const episodes = test_episodes();
  return test_policy(
      context_, num_test_episodes_, [&](std::size_t first, RolloutResult const& result) {
        problem_.run(context_.space, centre_, {episodes.key, episodes.first + first}, result);
      });
}

}  // namespace engram
