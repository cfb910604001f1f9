// What searchers take by themselves: one ask and one tell, on average over the first trials of a
// study in a mixed space of 6 dimensions, with each searcher's default options; what refuses that
// space, as a grid does, in one of values alone. Results have an objective, another metric with a
// direction, and a third that describes a behaviour. One line a searcher; CPU time, so that other
// work on the machine counts little.
//
//   bench_searchers [name]     one searcher; by default all

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "bench/program.hpp"
#include "core/error.hpp"
#include "jobs/searcher.hpp"

namespace {

using namespace engram;

std::vector<std::uint64_t> const marks = {100, 1000, 2000};  ///< trials

SearchSpace mixed_space() {
  return {Dimension::parse(real("leak", 0.5), "uniform(0, 1)"),
          Dimension::parse(real("scale", 0.5), "uniform(0, 1)"),
          Dimension::parse(real("rate", 1.0), "loguniform(1e-5, 1)"),
          Dimension::parse(integer("units", 1), "integer(1, 500)"),
          Dimension::parse(real("decay", 0.0), "grid(0, 0.1, 0.2, 0.5)"),
          Dimension::parse(choice("rule", "a", {"a", "b", "c"}), "choice(a, b, c)")};
}

/// The same parameters, 2,304 combinations of them.
SearchSpace space_of_values() {
  return {Dimension::parse(real("leak", 0.5), "grid(0, 0.3, 0.6, 1)"),
          Dimension::parse(real("scale", 0.5), "grid(0, 0.3, 0.6, 1)"),
          Dimension::parse(real("rate", 1.0), "grid(1e-4, 1e-3, 1e-2)"),
          Dimension::parse(integer("units", 1), "grid(1, 50, 200, 500)"),
          Dimension::parse(real("decay", 0.0), "grid(0, 0.1, 0.2, 0.5)"),
          Dimension::parse(choice("rule", "a", {"a", "b", "c"}), "choice(a, b, c)")};
}

/// Rows of the file of the searcher that reads one.
std::vector<Point> listed_points(SearchSpace const& space) {
  std::vector<Point> points(marks.back());
  for (std::size_t i = 0; i < points.size(); ++i) {
    Random const random(Key(Seed(1)).stream("list").index(i));
    for (std::size_t j = 0; j < space.size(); ++j)
      points[i].push_back(space[j].at_quantile(random.uniform(j)));
  }
  return points;
}

std::vector<MetricSpec> const metrics = {{"error", Direction::minimise, "1", ""},
                                         {"cost", Direction::minimise, "1", ""},
                                         {"speed", Direction::none, "1", ""}};

PointResult result_of(std::uint64_t i, Point const& point) {
  auto const square = [](double x) { return x * x; };
  double const units = static_cast<double>(std::get<std::int64_t>(point[3])) / 500.0;
  double const error = square(std::get<double>(point[0]) - 0.3) +
                       square(std::get<double>(point[1]) - 0.6) +
                       0.1 * square(std::log10(std::get<double>(point[2])) + 3.0) +
                       square(units - 0.4) + square(std::get<double>(point[4]) - 0.1) +
                       (std::get<std::string>(point[5]) == "b" ? 0.0 : 0.3);
  return {i, error, {error, units, std::get<double>(point[0])}};
}

double cpu_ms() {
  return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

SearcherSettings settings_of(SearcherFactory const& factory, SearchSpace const& space,
                             std::uint64_t num_points) {
  return {.space = space,
          .num_points = num_points,
          .direction = Direction::minimise,
          .objective = "error",
          .metrics = metrics,
          .key = Key(Seed(1)).stream("searcher"),
          .options = Parameters(factory.options),
          .points = listed_points(space)};
}

std::unique_ptr<Searcher> searcher_of(SearcherFactory const& factory) {
  try {
    return factory.make(settings_of(factory, mixed_space(), marks.back()));
  } catch (UserError const&) {
    return factory.make(settings_of(factory, space_of_values(), 0));
  }
}

/// Milliseconds of an ask and a tell, on average up to each of the marks.
std::vector<double> measure(Searcher& searcher) {
  std::vector<double> means;
  std::uint64_t num_told = 0;
  double const start = cpu_ms();
  while (means.size() < marks.size() && !searcher.finished()) {
    auto const proposals = searcher.ask(1);
    if (proposals.empty()) break;
    for (auto const& proposal : proposals) {
      searcher.tell(result_of(num_told, proposal.values));
      if (++num_told == marks[means.size()])
        means.push_back((cpu_ms() - start) / static_cast<double>(num_told));
    }
  }
  return means;
}

void print(SearcherFactory const& factory) {
  std::printf("%-24s", factory.name.c_str());
  auto const searcher = searcher_of(factory);
  for (double const mean : measure(*searcher)) std::printf(" %14.4f", mean);
  std::printf("\n");
}

int run(Communicator const& world, std::string const& name) {
  if (!world.is_root()) return 0;
  std::printf("%-24s", "ms a trial, of the first");
  for (auto const mark : marks) std::printf(" %14d", static_cast<int>(mark));
  std::printf("\n");
  for (auto const* factory : SearcherRegistry::instance().sorted())
    if (name.empty() || factory->name == name) print(*factory);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return engram::bench::run_program(argc, argv, run);
}
