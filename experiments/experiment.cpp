#include "experiments/experiment.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"

namespace engram {

std::string_view to_string(Status status) {
  switch (status) {
    case Status::complete:
      return "complete";
    case Status::failed:
      return "failed";
    case Status::timed_out:
      return "timed out";
    case Status::skipped:
      return "skipped";
  }
  throw std::logic_error("a status that does not exist: " +
                         std::to_string(static_cast<int>(status)));
}

ExperimentRegistry& ExperimentRegistry::instance() {
  static ExperimentRegistry registry;
  return registry;
}

void ExperimentRegistry::add(std::unique_ptr<Experiment const> experiment) {
  for (auto const& known : experiments_)
    if (known->name() == experiment->name())
      throw std::logic_error("two experiments are called '" + std::string(known->name()) + "'");
  experiments_.push_back(std::move(experiment));
}

Experiment const& ExperimentRegistry::at(std::string_view name) const {
  std::vector<std::string> names;
  for (auto const* experiment : sorted()) {
    if (experiment->name() == name) return *experiment;
    names.emplace_back(experiment->name());
  }
  auto hint = did_you_mean(name, names);
  if (hint.empty()) hint = "; `engram list` names them all";
  throw UserError("there is no experiment " + in_quotes(name) + hint);
}

std::vector<Experiment const*> ExperimentRegistry::sorted() const {
  std::vector<Experiment const*> result;
  for (auto const& experiment : experiments_) result.push_back(experiment.get());
  std::sort(result.begin(), result.end(),
            [](auto const* a, auto const* b) { return a->name() < b->name(); });
  return result;
}

}  // namespace engram
