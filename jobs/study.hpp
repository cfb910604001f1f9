#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/experiment.hpp"
#include "jobs/constraint.hpp"
#include "jobs/point_file.hpp"
#include "jobs/searcher.hpp"
#include "jobs/space.hpp"

namespace engram {

/// What happens to the study when a trial fails or times out.
enum class FailurePolicy {
  skip,      ///< record it, go on (default)
  abort,     ///< record it, end the study with exit_failed_trials
  retry,     ///< evaluate it again up to `max_retries` times, then record it
  penalise,  ///< record it; the searcher is told `penalty` as its objective
};

/// `common`: replicate r of every point has the same seed, so that points are compared on equal
/// random numbers (and reservoirs that share a topology are run as one batch). `independent`: each
/// its own.
enum class SeedMode { common, independent };

/// A study file, resolved: every key has its value, every value was checked.
struct Study {
  std::string name;
  std::string summary;  ///< optional free text for the report
  Experiment const* experiment = nullptr;
  SearcherFactory const* searcher = nullptr;
  Parameters searcher_options;
  std::uint64_t num_points = 1;  ///< trials = points * replicates
  std::uint64_t replicates = 1;
  std::uint64_t seed = 1;
  SeedMode seeds = SeedMode::common;
  std::string objective;
  Direction direction = Direction::none;
  std::filesystem::path output;
  int ranks_per_trial = 1;              ///< that evaluate a trial together; changes no outcome
  double time_limit_s = 0.0;            ///< a trial; 0: none
  double checkpoint_interval_s = 60.0;  ///< between states of a trial; 0: only if the run ends
  FailurePolicy on_failure = FailurePolicy::skip;
  std::uint64_t max_retries = 1;
  std::uint64_t max_crashes = 3;  ///< processes that a trial may end; 0: any number
  double penalty = 0.0;
  Parameters fixed;  ///< complete: defaults and the [experiment] section
  SearchSpace space;
  /// [constraints] section: points for which one of them does not hold are never run.
  struct NamedConstraint {
    std::string name;
    std::string text;
    Constraint constraint;
  };
  std::vector<NamedConstraint> constraints;
  std::string first_points_file;     ///< as the study names it; empty: none
  std::vector<Point> first_points;   ///< of that file, before those of the searcher
  std::vector<Point> listed_points;  ///< of the file that an option of the searcher names
  PointFiles point_files;            ///< these files, for other ranks
  /// What `digest` says of them, by key.
  std::vector<std::pair<std::string, std::string>> point_digests;
  std::optional<double> target;  ///< an objective that ends the study
  std::uint64_t stagnation = 0;  ///< points without a better one that end the study; 0: none do
  std::vector<MetricSpec> metrics;
  /// [reference] section: "label = metric value (source)", set beside the result by the report.
  struct Reference {
    std::string label;
    std::string metric;
    double value = 0.0;
    std::string source;
  };
  std::vector<Reference> references;
  Inputs inputs;  ///< the tables that file parameters name
  /// What `digest` says of them, by parameter: other data make another study.
  std::vector<std::pair<std::string, std::string>> input_digests;

  std::uint64_t num_trials() const { return num_points * replicates; }

  /// Canonical INI text: every key but `output` and `ranks_per_trial` in one order, so that equal
  /// studies have equal texts wherever and however they run. `parse_study` reads it back.
  std::string to_ini() const;

  /// For all points of the study, its first points included.
  std::unique_ptr<Searcher> make_searcher() const;

  /// Whether a point, whose inactive parameters may have any value, fulfils the constraints. Empty
  /// if there are none.
  std::function<bool(Point const&)> admits() const;

  /// Trial `id` = point * replicates + replicate.
  Trial trial(std::uint64_t id, Proposal const& proposal) const;

  /// The trial whose state trial `id` goes on from; -1: none.
  std::int64_t parent(std::uint64_t id, Proposal const& proposal) const;
};

/// The keys of the [study] section with their types, ranges and meanings, for `run --help` and
/// completion.
std::vector<ParameterSpec> const& study_keys();

/// Reads the files that the study's parameters name, as given or else relative to `folder`, and
/// lets the experiment check what they hold. Throws UserError.
/// @param where  the beginning of a message about a parameter: where its file was named
void load_inputs(Study& study, std::filesystem::path const& folder,
                 std::function<std::string(std::string const& parameter)> const& where);

/// Reads a study file and its input files with overrides ("--section.key", "value"); an override
/// wins. Throws UserError: file, line, key, what was expected, and the nearest known name.
Study read_study(std::filesystem::path const& file,
                 std::vector<std::pair<std::string, std::string>> const& overrides = {});

/// From text, without reading input files; `origin` names it in messages.
/// @param read_points  gives files of points; empty: the study remains without those points, and
///                     has as many as `trials` says
Study parse_study(std::string const& text, std::string const& origin,
                  std::vector<std::pair<std::string, std::string>> const& overrides = {},
                  PointFileReader const& read_points = {});

/// The keys of two canonical texts that differ: "study.trials: 512 there, 1024 here". Keys that
/// change no trial (summary, output, ranks_per_trial, references) don't count.
std::vector<std::string> differing_keys(std::string const& theirs, std::string const& ours);

}  // namespace engram
