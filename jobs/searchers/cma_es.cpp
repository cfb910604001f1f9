#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/evolution/strategy.hpp"
#include "jobs/searchers/adaptive.hpp"
#include "jobs/searchers/unit_encoding.hpp"

namespace engram {
namespace {

/// CMA-ES in the unit cube. A generation is evaluated before the next one is asked for.
class CmaSearch final : public Adaptive {
 public:
  explicit CmaSearch(SearcherSettings const& settings)
      : Adaptive(settings), encoding_(settings.space), key_(settings.key) {
    strategy_settings_.start.assign(encoding_.num_coordinates(), 0.5);
    strategy_settings_.start_width = 0.5;  // anywhere, in each run
    strategy_settings_.step = settings.options.real("step");
    strategy_settings_.population_size = settings.options.count("population");
    name_ = settings.options.text("restarts") == "none"
                ? "cma_es"
                : settings.options.text("restarts") + "_cma_es";
    if (encoding_.num_coordinates() > 0) begin_run();
  }

  bool learns_from_others() const override { return true; }
  bool heeds_constraints() const override { return true; }

 private:
  /// Those of the generations before.
  std::uint64_t num_needed() const override {
    return num_asked() - first_ < generation_size() ? first_ : num_asked();
  }

  void learn(double fitness) override { fitness_.push_back(fitness); }

  /// The first run begins at the best of others' points.
  void learn_of(Point const& point, double fitness) override {
    if (!strategy_ || !(fitness > best_of_others_)) return;
    best_of_others_ = fitness;
    auto settings = strategy_settings_;
    settings.start = encoding_.coordinates(point);
    settings.start_width = 0.0;
    strategy_ = StrategyRegistry::instance().at(name_).make(settings);
  }

  Point propose() override {
    if (!strategy_) return {};
    if (fitness_.size() == generation_size()) end_generation();
    std::vector<double> genome(strategy_->dimension());
    strategy_->genome(num_asked() - first_, genome);
    return encoding_.point(genome);
  }

  std::size_t generation_size() const { return strategy_ ? strategy_->population_size() : 1; }

  void end_generation() {
    strategy_->tell(fitness_);
    fitness_.clear();
    first_ = num_asked();
    if (!strategy_->stop_reason().empty()) begin_run();
  }

  /// Where a strategy has come to its end, another begins anew.
  void begin_run() {
    strategy_settings_.key = key_.index(num_runs_++);
    strategy_ = StrategyRegistry::instance().at(name_).make(strategy_settings_);
  }

  UnitEncoding encoding_;
  Key key_;
  StrategySettings strategy_settings_;
  std::string name_;
  std::unique_ptr<EvolutionStrategy> strategy_;
  std::uint64_t num_runs_ = 0, first_ = 0;  ///< first point of the generation
  double best_of_others_ = -std::numeric_limits<double>::infinity();
  std::vector<double> fitness_;  ///< of the generation's first members
};

RegisterSearcher const registered_cma_es({
    .name = "cma_es",
    .summary = "generations drawn from a normal distribution that is fitted to the best points",
    .source = "Hansen 2016, arXiv 1604.00772",
    .options = {integer("population", 0)
                    .range(0, 1e6)
                    .means("points of a generation, which are evaluated at a time; 0: 4 + floor(3 "
                           "ln coordinates)")
                    .from("Hansen 2016, arXiv 1604.00772, eq. 48"),
                real("step", 0.25)
                    .range(1e-6, 10.0)
                    .means("first standard deviation, of a dimension's whole range")
                    .from("here"),
                choice("restarts", "ipop", {"none", "ipop", "bipop"})
                    .means("how populations grow when a run has come to its end; none: they don't")
                    .from("Auger & Hansen 2005, doi 10.1109/CEC.2005.1554902; Hansen 2009, doi "
                          "10.1145/1570256.1570333")},
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<CmaSearch>(s); },
});

}  // namespace
}  // namespace engram
