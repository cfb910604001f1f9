#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/evolution/strategy.hpp"
#include "jobs/searchers/population_search.hpp"

namespace engram {
namespace {

/// CMA-ES in the unit cube: members are the points of the last generation, and rivals are drawn
/// from the distribution that is fitted to them. A member of another population that takes the
/// place of the worst of them is injected into that fit (Hansen 2011, arXiv 1110.4181).
class CmaPopulation final : public EvolvingPopulation {
 public:
  explicit CmaPopulation(SearcherSettings const& settings)
      : CmaPopulation(settings, strategy_settings(settings)) {}

  /// The first run begins at the best of them.
  void add_founder(Member founder) override {
    if (founder.fitness > best_founder_.fitness) best_founder_ = founder;
  }

  void begin_generation() override {
    if (settings_.start.empty()) return;
    if (generation() > 0) fit();
    if (!strategy_ || !strategy_->stop_reason().empty()) begin_run();
    resize(strategy_->population_size());
  }

 private:
  CmaPopulation(SearcherSettings const& settings, StrategySettings const& strategy)
      : EvolvingPopulation(strategy.start.size(),
                           strategy.start.empty() ? 1 : resolved_population_size(strategy),
                           settings.key),
        settings_(strategy),
        key_(settings.key) {
    auto const restarts = settings.options.text("restarts");
    name_ = restarts == "none" ? "cma_es" : restarts + "_cma_es";
  }

  static StrategySettings strategy_settings(SearcherSettings const& settings) {
    auto const size = settings.options.count("population");
    if (size == 1) throw UserError("population is 1; expected 0, or 2 and more");
    StrategySettings result;
    result.start.assign(UnitEncoding(settings.space).num_coordinates(), 0.5);
    result.start_width = 0.5;  // anywhere, in each run
    result.step = settings.options.real("step");
    result.population_size = size;
    return result;
  }

  void draw(std::size_t i, Random const& random, std::vector<double>& rival) const override {
    breed(i, random, rival);
  }

  void breed(std::size_t i, Random const&, std::vector<double>& rival) const override {
    if (strategy_) strategy_->genome(i, rival);
  }

  void select(std::vector<Member>& members, std::vector<Member> const& rivals) const override {
    members = rivals;
  }

  /// Of the distribution to the members.
  void fit() {
    std::vector<double> fitness;
    for (std::size_t i = 0; i < members().size(); ++i) {
      auto const& member = members()[i];
      if (member.coordinates != rivals()[i].coordinates) strategy_->inject(i, member.coordinates);
      fitness.push_back(member.fitness);
    }
    strategy_->tell(fitness);
  }

  /// Where a strategy has come to its end, another begins anew.
  void begin_run() {
    auto settings = settings_;
    settings.key = key_.index(num_runs_++);
    if (num_runs_ == 1 && !best_founder_.coordinates.empty()) {
      settings.start = best_founder_.coordinates;
      settings.start_width = 0.0;
    }
    strategy_ = StrategyRegistry::instance().at(name_).make(settings);
  }

  StrategySettings settings_;
  Key key_;
  std::string name_;
  std::unique_ptr<EvolutionStrategy> strategy_;  ///< none in a space without dimensions
  std::uint64_t num_runs_ = 0;
  Member best_founder_ = {{}, -std::numeric_limits<double>::infinity()};
};

RegisterSearcher const registered_cma_es({
    .name = "cma_es",
    .summary = "generations drawn from a normal distribution that is fitted to the best points",
    .source = "Hansen 2016, arXiv 1604.00772; as an island, Hansen 2011, arXiv 1110.4181",
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
    .make =
        [](SearcherSettings const& s) {
          return PopulationSearch::of_one(s, std::make_unique<CmaPopulation>(s));
        },
    .make_population = [](SearcherSettings const& s) { return std::make_unique<CmaPopulation>(s); },
});

}  // namespace
}  // namespace engram
