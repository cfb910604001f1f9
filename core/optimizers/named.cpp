#include "core/optimizers/named.hpp"

#include <algorithm>
#include <iterator>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/optimizers/adagrad.hpp"
#include "core/optimizers/adam.hpp"
#include "core/optimizers/clip_up.hpp"
#include "core/optimizers/momentum.hpp"
#include "core/optimizers/rmsprop.hpp"
#include "core/optimizers/sgd.hpp"
#include "core/text.hpp"

namespace engram {

namespace {

using Made = std::unique_ptr<Optimizer<double>>;

template <template <class> class Rule>
Made make_of_rule(double rate, std::size_t num_parameters) {
  Rule<double> rule;
  rule.rate = rate;
  return make_optimizer(rule, 1, num_parameters);
}

Made make_clip_up(double rate, std::size_t num_parameters) {
  return std::make_unique<ClipUp<double>>(rate, 0.5 * rate, 0.9, 1, num_parameters);
}

struct Kind {
  std::string_view name;
  Made (*make)(double rate, std::size_t num_parameters);
};

constexpr Kind kinds[] = {
    {"adagrad", make_of_rule<Adagrad>},
    {"adam", make_of_rule<Adam>},
    {"clip_up", make_clip_up},
    {"momentum", make_of_rule<Momentum>},
    {"nesterov", make_of_rule<Nesterov>},
    {"rmsprop", make_of_rule<RmsProp>},
    {"sgd", make_of_rule<Sgd>},
};

}  // namespace

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (auto const& kind : kinds) names.emplace_back(kind.name);
  return names;
}

Made make_named_optimizer(std::string_view name, double rate, std::size_t num_parameters) {
  auto const* const kind = std::ranges::find(kinds, name, &Kind::name);
  if (kind != std::end(kinds)) return kind->make(rate, num_parameters);
  auto const names = optimizer_names();
  throw UserError("there is no optimiser " + in_quotes(name) + did_you_mean(name, names) +
                  " (optimisers: " + joined(names, ", ") + ")");
}

}  // namespace engram
