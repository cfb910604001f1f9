#include <memory>

#include "core/evolution/restarts.hpp"

namespace engram {
namespace {

/// Every run has twice the population of the last.
class Ipop final : public Restarts {
 public:
  explicit Ipop(StrategySettings const& settings) : Restarts("cma_es", settings) {}

 private:
  static constexpr std::uint64_t max_restarts = 9;

  bool plan_next(std::uint64_t i_run, std::uint64_t, Run& next) override {
    next.population_size *= 2;
    return i_run <= max_restarts;
  }
  void exchange_plan(StateArchive&) override {}
};

RegisterStrategy const registered_ipop_cma_es({
    .name = "ipop_cma_es",
    .summary = "CMA-ES that restarts up to 9 times, each time with twice the population",
    .source = "Auger & Hansen 2005, doi 10.1109/CEC.2005.1554902",
    .num_matrices = 4,
    .uses = {"active"},
    .make = [](StrategySettings const& s) { return std::make_unique<Ipop>(s); },
});

}  // namespace
}  // namespace engram
