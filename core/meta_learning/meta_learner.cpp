#include "core/meta_learning/meta_learner.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/evolution/shaping.hpp"

namespace engram {

namespace {

/// The first normal number of a position's that is within two deviations.
double truncated_normal(Key key) {
  Random const random(key);
  std::uint64_t i = 0;
  while (std::abs(random.normal(i)) > 2.0) ++i;
  return random.normal(i);
}

}  // namespace

std::vector<double> draw_parameters(MlpSpec const& net, MetaStart start, Key key) {
  std::vector<double> theta(num_parameters(net), 0.0);
  for (auto const& block : weight_blocks(net)) {
    auto const outputs = static_cast<std::size_t>(block.outputs);
    if (start == MetaStart::normal) {
      for (std::size_t i = block.weights; i < block.biases; ++i)
        theta[i] = 0.01 * truncated_normal(key.index(i));
      continue;
    }
    double const limit = 1.0 / std::sqrt(static_cast<double>(block.inputs));
    for (std::size_t i = block.weights; i < block.biases + outputs; ++i)
      theta[i] = Random(key).uniform(i, -limit, limit);
  }
  return theta;
}

MetaLearner::MetaLearner(MetaProblem problem)
    : problem_(std::move(problem)), theta_(problem_.start) {
  auto const& s = settings();
  if (s.num_tasks == 0 || s.num_samples == 0 || s.batch == 0 || s.num_pairs == 0 ||
      s.num_iterations == 0 || problem_.tasks == nullptr)
    throw std::invalid_argument("meta-learning needs tasks, samples, pairs and iterations");
  if (theta_.size() != num_parameters(problem_.net))
    throw std::invalid_argument("meta-learning starts at one number a parameter of the net");
}

Key MetaLearner::key(std::string_view purpose) const {
  return problem_.key.stream(purpose).index(iteration_);
}

std::vector<double> MetaLearner::fitness_of(std::span<double const> losses) {
  auto const num_finite =
      std::ranges::count_if(losses, [](double loss) { return std::isfinite(loss); });
  if (num_finite == 0)
    throw std::runtime_error("no member of iteration " + std::to_string(iteration_) +
                             " has a finite loss after adaptation");
  num_members_ += losses.size();
  num_failed_ += losses.size() - static_cast<std::size_t>(num_finite);
  std::vector<double> fitness(losses.begin(), losses.end());
  // Also of infinity: -infinity counts as the smallest finite fitness.
  for (double& value : fitness) value = -value;
  return finite_fitness(fitness);
}

void MetaLearner::exchange(StateArchive& archive) {
  archive(std::span(theta_));
  archive(iteration_);
  archive(num_members_);
  archive(num_failed_);
  exchange_rest(archive);
}

void MetaLearner::step(ExecutionSpace const& space) {
  update(space, theta_);
  ++iteration_;
}

}  // namespace engram
