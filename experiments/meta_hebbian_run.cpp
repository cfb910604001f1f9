#include "experiments/meta_hebbian_run.hpp"

#include <limits>
#include <utility>

#include "experiments/agreed_deadline.hpp"
#include "experiments/meta_hebbian_clusters.hpp"

namespace engram {

namespace {

ControlCourse evolve(HebbianEvolution& evolution, Parameters const& p, double target,
                     std::uint64_t num_generations, StageStates::Stage const& stage) {
  return follow(
      evolution, p, target, static_cast<double>(num_generations),
      [&] { return static_cast<double>(evolution.strategy().generation()); }, stage);
}

std::vector<double> random_start(std::size_t dimension, double deviation, Key key) {
  std::vector<double> start(dimension);
  Random const random(key);
  for (std::size_t i = 0; i < dimension; ++i) start[i] = deviation * random.normal(i);
  return start;
}

Array to_array(std::string name, std::vector<std::uint64_t> shape, auto const& values) {
  return {std::move(name), std::move(shape), {values.begin(), values.end()}};
}

}  // namespace

StageStates::StageStates(Checkpoint const& checkpoint) : checkpoint_(checkpoint) {
  checkpoint_.restore([this](StateArchive& archive) { exchange(archive); });
}

void StageStates::exchange(StateArchive& archive) {
  for (auto& record : records_) archive(record);
}

bool StageStates::Stage::restore(Checkpoint::Exchange const& exchange) const {
  auto const& record = states_.records_[i_];
  if (record.empty()) return false;
  StateArchive archive{std::span<double const>(record)};
  exchange(archive);
  archive.finish();
  return true;
}

void StageStates::Stage::offer(Checkpoint::Exchange const& exchange) const {
  for (auto i = i_; i < states_.records_.size(); ++i) states_.records_[i].clear();
  StateArchive archive(states_.records_[i_]);
  exchange(archive);
  states_.checkpoint_.offer([this](StateArchive& whole) { states_.exchange(whole); });
}

MetaHebbianRun::MetaHebbianRun(TrialContext const& context, Trial const& trial, Outcome& outcome)
    : context_(context),
      p_(trial.parameters),
      key_(Key(Seed(trial.seed)).stream("meta_hebbian")),
      problem_(make_plastic_problem(p_)),
      synapses_(synapse_genome(p_, problem_->shape().num_parameters())),
      states_(context.checkpoint),
      outcome_(outcome) {}

std::vector<double> MetaHebbianRun::evolve_synapses(std::uint64_t num_generations) {
  HebbianEvolution evolution(
      context_, p_, *problem_, synapses_,
      random_start(synapses_.dimension(), p_.real("start_deviation"), key_.stream("start")),
      key_.stream("evolution"));
  auto const course = evolve(evolution, p_, problem_->target(), num_generations, states_.stage(0));
  auto const& strategy = evolution.strategy();
  last_episodes_ = evolution.test_episodes();
  outcome_.metrics = {course.last.mean,
                      test_again(PlasticNets(problem_->shape(), 1, {})),
                      course.to_solve,
                      course.is_solved ? 1.0 : 0.0,
                      course.best,
                      course.last.deviation,
                      static_cast<double>(strategy.generation()),
                      evolution.episodes(),
                      evolution.steps(),
                      static_cast<double>(strategy.num_nan())};
  outcome_.series = {{"generation", course.at},
                     {"return_mean", course.mean},
                     {"population_mean", course.population_mean},
                     {"population_best", course.population_best}};
  warn_of(evolution.strategy(), evolution.failure(), outcome_);
  record("genome", strategy.mean());
  return {strategy.mean().begin(), strategy.mean().end()};
}

void MetaHebbianRun::merge(std::vector<double> const& genome, std::uint64_t num_generations) {
  auto clusters = k_means(genome, synapses_.num_groups, p_.count("clusters"),
                          key_.stream("clusters"), [this] { check_deadline_together(context_); });
  auto const num_clusters = clusters.sizes.size();
  outcome_.arrays.push_back(to_array(
      "cluster_centres", {genome.size() / synapses_.num_groups, num_clusters}, clusters.centres));
  outcome_.arrays.push_back(to_array("cluster_sizes", {num_clusters}, clusters.sizes));
  outcome_.arrays.push_back(
      to_array("cluster_of_synapse", {clusters.of_point.size()}, clusters.of_point));
  synapses_.num_groups = num_clusters;
  synapses_.group_of_synapse = std::move(clusters.of_point);
  PlasticNets net(problem_->shape(), 1, synapses_.parts());
  synapses_.set(net, 0, clusters.centres);
  net.upload();
  double const merged = test_again(net);
  HebbianEvolution evolution(context_, p_, *problem_, synapses_, std::move(clusters.centres),
                             key_.stream("merged"));
  ControlCourse course;
  if (num_generations > 0)
    course = evolve(evolution, p_, problem_->target(), num_generations, states_.stage(1));
  outcome_.metrics.push_back(merged);
  outcome_.metrics.push_back(num_generations > 0 ? course.last.mean : merged);
  course.at.insert(course.at.begin(), 0.0);
  course.mean.insert(course.mean.begin(), merged);
  outcome_.series.push_back({"merged_generation", course.at});
  outcome_.series.push_back({"merged_return_mean", course.mean});
  warn_of(evolution.strategy(), evolution.failure(), outcome_);
  record("merged_genome", evolution.strategy().mean());
}

double MetaHebbianRun::test_again(PlasticNets const& net) const {
  return test_policy(context_, p_.count("test_episodes"),
                     [&](std::size_t first, RolloutResult const& result) {
                       problem_->run(context_.space, net,
                                     {last_episodes_.key, last_episodes_.first + first}, result);
                     })
      .mean;
}

void MetaHebbianRun::record(std::string const& name, std::span<double const> genome) {
  if (!p_.boolean("record_genomes")) return;
  outcome_.arrays.push_back(
      to_array(name, {synapses_.numbers_of_synapse(), synapses_.num_groups}, genome));
}

}  // namespace engram
