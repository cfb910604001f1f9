#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/optimizers/named.hpp"
#include "experiments/experiment.hpp"
#include "experiments/memory_need.hpp"
#include "experiments/meta_hebbian_run.hpp"
#include "experiments/strategy_parameters.hpp"

// Nets that begin an episode with random weights and learn in it by rules that are evolved, one a
// synapse; beside them nets whose weights are evolved. Then rules are merged to few, which evolve
// on.

namespace engram {

namespace {

/// A share of a number of generations, at least one of them.
std::uint64_t generations(Parameters const& p, std::string const& name, double budget) {
  if (p.integer(name) == 0) return 0;
  auto const share = std::llround(budget * static_cast<double>(p.integer(name)));
  return share < 1 ? 1 : static_cast<std::uint64_t>(share);
}

class MetaHebbian final : public Experiment {
 public:
  std::string_view name() const override { return "meta_hebbian"; }
  std::string_view summary() const override {
    return "learning rules of single synapses, evolved so that random nets learn a control task";
  }
  std::string_view source() const override {
    return "Najarro & Risi 2020, arXiv 2007.02686; merging: Pedersen & Risi 2021, arXiv 2104.07959";
  }

  std::vector<ParameterSpec> parameters() const override;

  std::vector<MetricSpec> metrics(Parameters const& fixed) const override {
    std::vector<MetricSpec> specs = {
        {"return_mean", Direction::maximise, "1",
         "of the strategy's centre after the last generation, over test episodes"},
        {"return_off", Direction::none, "1",
         "in the same episodes, of nets that keep the weights that are drawn for them"},
        {"generations_to_solve", Direction::minimise, "1",
         "until a test reached the target, or all that there were"},
        {"solved", Direction::maximise, "1", "1 if a test reached the target, otherwise 0"},
        {"return_best", Direction::maximise, "1", "largest mean of a test"},
        {"return_deviation", Direction::minimise, "1",
         "standard deviation over episodes of the last test"},
        {"generations", Direction::none, "1", "of the strategy"},
        {"episodes", Direction::none, "1", "of members"},
        {"steps", Direction::none, "1", "of the task, by members"},
        {"failed_members", Direction::minimise, "1",
         "without a finite fitness, which took the worst rank"},
    };
    if (fixed.integer("clusters") == 0) return specs;
    specs.push_back(
        {"return_merged", Direction::maximise, "1",
         "in the same episodes, with each synapse's numbers replaced by its cluster's centre"});
    specs.push_back({"return_merged_evolved", Direction::maximise, "1",
                     "after the generations in which the centres evolved on"});
    return specs;
  }

  Parameters example() const override {
    Parameters p(parameters());
    p.set("hidden_units", std::int64_t{3});
    p.set("population", std::int64_t{6});
    p.set("generations", std::int64_t{3});
    p.set("merged_generations", std::int64_t{2});
    p.set("clusters", std::int64_t{4});
    p.set("max_steps", std::int64_t{40});
    p.set("test_episodes", std::int64_t{11});
    p.set("record_genomes", true);
    return p;
  }

  void validate(Parameters const& p) const override {
    auto const num_synapses = make_plastic_problem(p)->shape().num_parameters();
    if (p.count("clusters") > num_synapses)
      throw UserError("clusters is " + std::to_string(p.integer("clusters")) +
                      "; expected at most as many as synapses, " + std::to_string(num_synapses));
    auto const dimension = static_cast<double>(synapse_genome(p, num_synapses).dimension());
    auto needs = strategy_needs(p, parameters(), dimension, "hidden_units and second_hidden_units");
    auto const width = static_cast<double>(num_synapses);
    needs.push_back({"test_episodes", 8.0 * static_cast<double>(p.integer("test_episodes"))});
    needs.push_back({"episodes, hidden_units and second_hidden_units",
                     1024.0 * width * (20.0 + 4.0 * static_cast<double>(p.integer("episodes")))});
    check_memory(needs);
  }

  bool saves_states() const override { return true; }

  void run(TrialContext& context, std::span<Trial const> trials,
           std::span<Outcome> outcomes) const override {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      auto const& p = trials[i].parameters;
      validate(p);
      MetaHebbianRun run(context, trials[i], outcomes[i]);
      auto const genome = run.evolve_synapses(generations(p, "generations", trials[i].budget));
      if (p.integer("clusters") > 0)
        run.merge(genome, generations(p, "merged_generations", trials[i].budget));
    }
  }
};

/// The shared ones, with what the paper has.
std::vector<ParameterSpec> paper_strategy() {
  auto specs = strategy_parameters();
  auto const change = [&](std::string_view name, ParameterValue const& value,
                          std::string_view source) {
    auto const spec = std::ranges::find(specs, name, &ParameterSpec::name);
    spec->default_value = value;
    spec->from(source);
  };
  change("strategy", std::string("open_ai_es"), "Najarro & Risi 2020, arXiv 2007.02686");
  change("population", std::int64_t{200}, "Najarro & Risi 2020, arXiv 2007.02686");
  change("rate", 6.9, "Najarro & Risi 2020, their code: 0.2 with ranks of variance 1, over step");
  change("rate_decay", 0.996,
         "Najarro & Risi 2020, their code: 0.995 of a rate over a decaying step");
  change("step_decay", 0.999, "Najarro & Risi 2020, their code");
  return specs;
}

std::vector<ParameterSpec> MetaHebbian::parameters() const {
  auto specs = plastic_problem_parameters();
  auto const of_strategy = paper_strategy();
  specs.insert(specs.end(), of_strategy.begin(), of_strategy.end());
  std::vector<std::string> optimizers = optimizer_names();
  optimizers.insert(optimizers.begin(), "own");
  std::vector<ParameterSpec> const own = {
      choice("optimizer", "sgd", optimizers)
          .means("strategies that estimate a gradient: optimiser of their centre; own: theirs")
          .from("Najarro & Risi 2020, their code"),
      choice("evolve", "rules_and_rates", {"rules_and_rates", "rules", "weights"})
          .means("numbers of each synapse: A, B, C, D and the rate of its rule; without the rate; "
                 "or the weight of a net that does not learn")
          .from("Najarro & Risi 2020, arXiv 2007.02686"),
      real("hebbian_rate", 1.0)
          .range(-1e30, 1e30)
          .means("of all synapses, where rules alone evolve")
          .from("here"),
      real("step", 0.1)
          .range(1e-100, 1e100)
          .means("standard deviation of the first generation in each number")
          .from("Najarro & Risi 2020, arXiv 2007.02686"),
      real("start_deviation", 1.0)
          .range(0.0, 1e100)
          .means("the first centre is normal with this standard deviation")
          .from("Najarro & Risi 2020, their code"),
      real("penalty", 0.0)
          .range(0.0, 1e100)
          .means("fitness is the return less this times the mean square of the genome, which then "
                 "decides between members of equal returns")
          .from("here; Najarro & Risi 2020, their code: 0.01 in several processes, none in one"),
      integer("episodes", 1)
          .range(1, 1e5)
          .means("of a member in a generation, the same for all members")
          .from("Najarro & Risi 2020, their code"),
      integer("generations", 25)
          .range(1, 1e9)
          .means("of evolution; a trial's budget is a share of them")
          .from("here"),
      integer("test_episodes", 100)
          .range(1, 1e5)
          .means("of the strategy's centre in a test")
          .from("OpenAI Gym's criterion of a solved task"),
      integer("test_every", 1).range(1, 1e9).means("generations between tests").from("here"),
      boolean("stop_when_solved", false)
          .means("evolution ends with the first test that reached the target")
          .from("here"),
      integer("clusters", 0)
          .range(0, 1e6)
          .means("that synapses are merged to, by k-means of their numbers in the last centre; 0: "
                 "they are not merged")
          .from("Pedersen & Risi 2021, arXiv 2104.07959")
          .fixes_metrics(),
      integer("merged_generations", 25)
          .range(0, 1e9)
          .means("in which the clusters' centres evolve on; a trial's budget is a share of them")
          .from("here"),
      boolean("record_genomes", false)
          .means("the last centres go to the results file")
          .from("here"),
  };
  specs.insert(specs.end(), own.begin(), own.end());
  return specs;
}

RegisterExperiment<MetaHebbian> const registered_meta_hebbian;

}  // namespace

}  // namespace engram
