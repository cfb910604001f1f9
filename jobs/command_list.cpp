#include <algorithm>
#include <iostream>

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "jobs/command.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/searcher.hpp"

namespace engram {
namespace {

void print_names(std::vector<std::pair<std::string, std::string>> const& rows) {
  std::size_t width = 0;
  for (auto const& [name, summary] : rows) width = std::max(width, name.size());
  for (auto const& [name, summary] : rows) {
    std::cout << name << wrapped(summary, width + 2).substr(name.size());
  }
}

std::string name_of(Experiment const& experiment) {
  return std::string(experiment.name());
}

std::string name_of(SearcherFactory const& searcher) {
  return searcher.name;
}

int list(Invocation const& call) {
  std::vector<std::pair<std::string, std::string>> rows;
  if (call.has("searchers")) {
    for (auto const* searcher : SearcherRegistry::instance().sorted()) {
      rows.emplace_back(searcher->name, searcher->summary);
    }
  } else {
    for (auto const* experiment : ExperimentRegistry::instance().sorted()) {
      rows.emplace_back(experiment->name(), experiment->summary());
    }
  }
  print_names(rows);
  return exit_complete;
}

std::string unit_suffix(std::string const& unit) {
  return unit == "1" ? "" : " " + unit;
}

void print_parameters(std::vector<ParameterSpec> const& specs) {
  for (auto const& spec : specs) {
    auto const default_text = to_string(spec.default_value);
    std::cout << "  " << spec.name << " = "
              << (default_text.empty() ? "(empty)" : default_text + unit_suffix(spec.unit)) << "\n"
              << wrapped(spec.meaning + "; " + spec.expectation() +
                             (spec.structural ? "; can't be searched" : ""),
                         6);
    if (!spec.source.empty()) std::cout << wrapped("default from " + spec.source, 6);
  }
}

std::string direction_text(Direction direction) {
  switch (direction) {
    case Direction::minimise:
      return ", smaller is better";
    case Direction::maximise:
      return ", larger is better";
    case Direction::none:
      break;
  }
  return "";
}

void print_experiment(Experiment const& experiment) {
  std::cout << experiment.name() << "\n"
            << wrapped(std::string(experiment.summary()), 2)
            << wrapped("Source: " + std::string(experiment.source()), 2)
            << (experiment.saves_states() ? "  Its trials save states and go on from them.\n" : "")
            << "\nParameters and their defaults, for [experiment], or to be searched in [space]:\n";
  print_parameters(experiment.parameters());
  std::cout << "\nMetrics, with these defaults:\n";
  for (auto const& metric : experiment.metrics(Parameters(experiment.parameters()))) {
    std::cout << "  " << metric.name << (metric.unit == "1" ? "" : " [" + metric.unit + "]")
              << direction_text(metric.direction) << "\n"
              << wrapped(metric.meaning, 6);
  }
}

void print_searcher(SearcherFactory const& searcher) {
  std::cout << searcher.name << "\n" << wrapped(searcher.summary, 2);
  if (!searcher.source.empty()) std::cout << wrapped("Source: " + searcher.source, 2);
  if (searcher.options.empty()) {
    std::cout << "\nIt has no options.\n";
    return;
  }
  std::cout << "\nOptions and their defaults, for [searcher]:\n";
  print_parameters(searcher.options);
}

/// Prints what is called `name`, if anything is; otherwise adds the names to `known`.
template <class T>
bool print_named(std::string const& name, std::vector<T const*> const& items,
                 void (*print)(T const&), std::vector<std::string>& known) {
  for (auto const* item : items) {
    known.push_back(name_of(*item));
    if (known.back() != name) continue;
    print(*item);
    return true;
  }
  return false;
}

int describe(Invocation const& call) {
  auto const& name = call.arguments[0];
  std::vector<std::string> names;
  if (print_named(name, ExperimentRegistry::instance().sorted(), print_experiment, names) ||
      print_named(name, SearcherRegistry::instance().sorted(), print_searcher, names)) {
    return exit_complete;
  }
  throw UserError("there is no experiment or searcher '" + name + "'" + did_you_mean(name, names) +
                  "; engram list and engram list --searchers show all");
}

int version(Invocation const&) {
  std::cout << "engram " << ENGRAM_VERSION << " (commit " << git_commit() << ")\n"
            << build_description() << "\n"
            << (ENGRAM_HAVE_MPI ? "with MPI\n" : "without MPI\n");
  return exit_complete;
}

}  // namespace

Command list_command() {
  return {
      .name = "list",
      .summary = "Lists the experiments, or the searchers, that this program has.",
      .options = {{"searchers", "", "list searchers instead of experiments"}},
      .run = list,
  };
}

Command describe_command() {
  return {
      .name = "describe",
      .arguments = {"NAME"},
      .summary =
          "Shows what an experiment or searcher does, its parameters (type, range, unit, default, "
          "meaning, source) and its metrics.",
      .run = describe,
  };
}

Command version_command() {
  return {
      .name = "version",
      .summary = "Shows the version, commit and build of this program.",
      .run = version,
  };
}

}  // namespace engram
