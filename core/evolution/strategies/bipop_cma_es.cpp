#include <algorithm>
#include <cmath>
#include <memory>

#include "core/evolution/restarts.hpp"

namespace engram {
namespace {

/// Two kinds of runs, and the kind that has used up fewer evaluations goes next: large ones, which
/// double the population each time, and small ones, with a population between the first and the
/// last large one's and a smaller step. The first run counts as a large one. In the paper the
/// exponent of a small population has a factor 1/2 inside; this is the published code's.
class Bipop final : public Restarts {
 public:
  explicit Bipop(StrategySettings const& settings) : Restarts("cma_es", settings) {
    large_population_ = this->settings().population_size;
  }

 private:
  static constexpr std::uint64_t max_large_restarts = 9;

  bool plan_next(std::uint64_t i_run, std::uint64_t evaluations, Run& next) override {
    (is_small_ ? small_evaluations_ : large_evaluations_) += evaluations;
    is_small_ = small_evaluations_ < large_evaluations_;
    if (is_small_) {
      Random const random(run_key(i_run).stream("plan"));
      auto const first = static_cast<double>(settings().population_size);
      double const u = random.uniform(0);
      double const ratio = static_cast<double>(large_population_) / first;
      next.population_size = static_cast<std::size_t>(first * std::pow(ratio, u * u));
      next.step = settings().step * std::pow(10.0, -2.0 * random.uniform(1));
      return true;
    }
    large_population_ *= 2;
    next = {large_population_, settings().step};
    return ++num_large_restarts_ <= max_large_restarts;
  }

  /// A small run gets at most half of what the large ones have had.
  bool is_spent(std::uint64_t evaluations) const override {
    return is_small_ && evaluations >= large_evaluations_ / 2;
  }

  void exchange_plan(StateArchive& archive) override {
    archive(large_population_);
    archive(num_large_restarts_);
    archive(small_evaluations_);
    archive(large_evaluations_);
    archive(is_small_);
  }

  std::size_t large_population_ = 0;
  std::uint64_t num_large_restarts_ = 0, small_evaluations_ = 0, large_evaluations_ = 0;
  bool is_small_ = false;
};

RegisterStrategy const registered_bipop_cma_es({
    .name = "bipop_cma_es",
    .summary = "CMA-ES that restarts with growing populations and, in between, with small ones",
    .source = "Hansen 2009, doi 10.1145/1570256.1570333",
    .num_matrices = 4,
    .uses = {"active"},
    .make = [](StrategySettings const& s) { return std::make_unique<Bipop>(s); },
});

}  // namespace
}  // namespace engram
