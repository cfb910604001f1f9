#include <Eigen/Core>
#include <cmath>
#include <memory>

#include "core/evolution/strategy.hpp"
#include "core/evolution/weights.hpp"

namespace engram {
namespace {

/// Follows the natural gradient of the mean and of a step a coordinate.
class Snes final : public EvolutionStrategy {
 public:
  explicit Snes(StrategySettings const& settings)
      : EvolutionStrategy(settings),
        utilities_(natural_utilities(resolved_population_size(settings))) {
    auto const n = static_cast<Eigen::Index>(dimension());
    auto const d = static_cast<double>(dimension());
    rate_ = (3.0 + std::log(d)) / (5.0 * std::sqrt(d));
    auto const start = draw_start(settings);
    mean_ = Eigen::Map<Vector const>(start.data(), n);
    steps_ = Vector::Constant(n, settings.step);
    noise_ = sum_ = sum_squares_ = Vector::Zero(n);
  }

  std::size_t population_size() const override { return utilities_.size(); }
  std::span<double const> mean() const override { return {mean_.data(), dimension()}; }

  std::string_view stop_reason() const override {
    bool const is_usable = steps_.minCoeff() > 0.0 && steps_.allFinite() && mean_.allFinite();
    return is_usable ? "" : "step";
  }

 private:
  using Vector = Eigen::VectorXd;

  void make_genome(std::size_t i_member, std::span<double> out) const override {
    draw_noise(i_member, out);
    for (std::size_t j = 0; j < out.size(); ++j) {
      auto const i = static_cast<Eigen::Index>(j);
      out[j] = mean_[i] + steps_[i] * out[j];
    }
  }

  void update(Ranking const& ranking) override {
    sum_.setZero();
    sum_squares_.setZero();
    for (std::size_t k = 0; k < population_size(); ++k) {
      draw_noise(ranking.order[k], {noise_.data(), dimension()});
      sum_ += utilities_[k] * noise_;
      sum_squares_ += utilities_[k] * (noise_.array().square() - 1.0).matrix();
    }
    mean_ += steps_.cwiseProduct(sum_);
    steps_.array() *= (0.5 * rate_ * sum_squares_).array().exp();
  }

  void exchange(StateArchive& archive) override {
    archive(mean_);
    archive(steps_);
  }

  std::vector<double> utilities_;
  double rate_;
  Vector mean_, steps_;
  Vector noise_, sum_, sum_squares_;  // kept for their memory only
};

RegisterStrategy const registered_snes({
    .name = "snes",
    .summary = "separable natural evolution strategy: a step a coordinate, linear in memory",
    .source = "Wierstra et al. 2014, JMLR 15:949, algorithm 6",
    .num_matrices = 0,
    .make = [](StrategySettings const& s) { return std::make_unique<Snes>(s); },
});

}  // namespace
}  // namespace engram
