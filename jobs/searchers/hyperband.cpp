#include <memory>

#include "jobs/searchers/bracket_search.hpp"

namespace engram {
namespace {

/// Successive halving that begins with many configurations and the smallest budget, beside others
/// that begin with fewer and a larger one, in case small budgets tell little.
class Hyperband final : public BracketSearch {
 public:
  Hyperband(SearcherSettings const& settings, Budgets const& budgets)
      : BracketSearch(settings, budgets, hyperband_brackets(budgets)) {}
};

RegisterSearcher const registered_hyperband({
    .name = "hyperband",
    .summary = "successive halving from several budgets and numbers of configurations",
    .source = "Li et al. 2018, JMLR 18(185), algorithm 1",
    .options = Budgets::options(3, "Li et al. 2018, JMLR 18(185)", 0.111),
    .extensible = true,
    .make = [](SearcherSettings const& s) { return std::make_unique<Hyperband>(s, Budgets(s)); },
});

}  // namespace
}  // namespace engram
