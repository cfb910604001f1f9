#include "core/meta_learning/adaptation.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/random/noise.hpp"

namespace engram {

Adapter::Adapter(MlpSpec const& net, AdaptationSettings const& settings, std::size_t num_networks,
                 std::size_t num_samples)
    : settings_(settings),
      loss_(net, num_networks, num_samples),
      gradient_("engram::core::adapter_gradient", num_networks, loss_.num_parameters()) {
  if (settings.kind == Adaptation::gradient) return;
  if (settings.num_directions == 0 || !(settings.spread > 0.0))
    throw std::invalid_argument("adaptation without gradients needs directions and a spread");
  changed_rows_ = Genomes<double>("engram::core::changed", num_networks, loss_.num_parameters());
  changed_.resize(changed_rows_.size());
}

void Adapter::step(ExecutionSpace const& space, Genomes<double> const& theta,
                   TaskSamples const& samples, std::span<Key const> keys) {
  if (keys.size() != loss_.num_networks()) throw std::invalid_argument("networks have a key each");
  switch (settings_.kind) {
    case Adaptation::gradient:
      loss_.differentiate(space, theta, samples, gradient_);
      return step_down(space, settings_.rate, gradient_, theta, theta);
    case Adaptation::evolution:
      return evolve(space, theta, samples, keys);
    case Adaptation::hill_climbing:
      return climb(space, theta, samples, keys);
  }
}

std::vector<double> Adapter::evaluate_changed(ExecutionSpace const& space,
                                              std::span<double const> theta,
                                              TaskSamples const& samples, std::span<Key const> keys,
                                              std::uint64_t i_direction, double scale) {
  std::size_t const size = loss_.num_parameters();
  for (std::size_t n = 0; n < keys.size(); ++n)
    perturb<GaussianNoise, double>(GaussianNoise(keys[n].index(i_direction)), 0, scale,
                                   theta.subspan(n * size, size),
                                   std::span(changed_).subspan(n * size, size));
  to_device(changed_, changed_rows_);
  return loss_.evaluate(space, changed_rows_, samples);
}

void Adapter::evolve(ExecutionSpace const& space, Genomes<double> const& theta,
                     TaskSamples const& samples, std::span<Key const> keys) {
  std::size_t const size = loss_.num_parameters();
  auto const start = to_host(theta);
  std::vector<double> gradient(start.size(), 0.0);
  for (std::uint64_t i = 0; i < settings_.num_directions; ++i) {
    auto const above = evaluate_changed(space, start, samples, keys, i, settings_.spread);
    auto const below = evaluate_changed(space, start, samples, keys, i, -settings_.spread);
    double const share = 0.5 / (settings_.spread * static_cast<double>(settings_.num_directions));
    for (std::size_t n = 0; n < keys.size(); ++n) {
      GaussianNoise const noise(keys[n].index(i));
      double const weight = share * (above[n] - below[n]);
      add_weighted<GaussianNoise, double>(std::span(&noise, 1), std::span(&weight, 1), 0,
                                          std::span(gradient).subspan(n * size, size));
    }
  }
  to_device(gradient, gradient_);
  step_down(space, settings_.rate, gradient_, theta, theta);
}

void Adapter::climb(ExecutionSpace const& space, Genomes<double> const& theta,
                    TaskSamples const& samples, std::span<Key const> keys) {
  std::size_t const size = loss_.num_parameters();
  auto best = to_host(theta);
  auto best_loss = loss_.evaluate(space, theta, samples);
  for (std::uint64_t i = 0; i < settings_.num_directions; ++i) {
    auto const losses = evaluate_changed(space, best, samples, keys, i, settings_.rate);
    for (std::size_t n = 0; n < keys.size(); ++n) {
      if (!(losses[n] < best_loss[n])) continue;
      best_loss[n] = losses[n];
      std::ranges::copy(std::span(changed_).subspan(n * size, size),
                        best.begin() + static_cast<std::ptrdiff_t>(n * size));
    }
  }
  to_device(best, theta);
}

}  // namespace engram
