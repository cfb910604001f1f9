#include <memory>
#include <string>

#include "core/error.hpp"
#include "jobs/searchers/bracket_search.hpp"

namespace engram {
namespace {

Bracket single_bracket(SearcherSettings const& settings, Budgets const& budgets) {
  if (settings.space.empty()) return {};
  auto const least = budgets.power(budgets.highest_level());
  auto const num = settings.options.count("configurations");
  if (num > 0 && num < least)
    throw UserError("configurations is " + std::to_string(num) + ", of which none would have the " +
                    "full budget; expected 0, or " + std::to_string(least) + " and more");
  return {.num_configurations = num > 0 ? num : least};
}

/// Many configurations with the smallest budget, of which the best have a larger one, and so on:
/// the inner loop of Li et al. 2018, JMLR 18(185), algorithm 1.
class SuccessiveHalving final : public BracketSearch {
 public:
  SuccessiveHalving(SearcherSettings const& settings, Budgets const& budgets)
      : BracketSearch(settings, budgets, {single_bracket(settings, budgets)}) {}
};

std::vector<ParameterSpec> successive_halving_options() {
  auto options = Budgets::options(3, "Li et al. 2018, JMLR 18(185)", 0.111);
  options.push_back(integer("configurations", 0)
                        .range(0, 1e7)
                        .means("that begin at a time; 0: so many that one is left for the full "
                               "budget")
                        .from("Li et al. 2018, JMLR 18(185), table 1, s = s_max"));
  return options;
}

RegisterSearcher const registered_successive_halving({
    .name = "successive_halving",
    .summary = "many configurations with a small budget; the best share goes on with a larger one",
    .source = "Jamieson & Talwalkar 2016, AISTATS, arXiv 1502.07943",
    .options = successive_halving_options(),
    .extensible = true,
    .make =
        [](SearcherSettings const& s) {
          return std::make_unique<SuccessiveHalving>(s, Budgets(s));
        },
});

}  // namespace
}  // namespace engram
