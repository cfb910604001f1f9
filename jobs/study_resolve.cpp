#include <algorithm>
#include <filesystem>
#include <string>

#include "core/error.hpp"
#include "core/text.hpp"
#include "jobs/condition.hpp"
#include "jobs/study.hpp"
#include "jobs/study_file.hpp"
#include "jobs/study_messages.hpp"

namespace engram {
namespace {

std::uint64_t const most_trials = 1'000'000'000;

/// The points on which the experiment's own checks are tried before anything runs.
std::size_t const num_checked_points = 16;

class StudyResolver {
 public:
  StudyResolver(std::vector<StudyEntry> entries, std::string const& origin,
                PointFileReader const& read_points)
      : entries_(std::move(entries)),
        origin_(origin),
        read_points_(read_points),
        keys_(study_keys()) {}

  Study resolve() {
    check_sections();
    keys_ = read_section("study", study_keys(), "key");
    resolve_names();
    resolve_experiment();
    resolve_space();
    resolve_conditions();
    resolve_constraints();
    resolve_metrics();
    resolve_policy();
    resolve_searcher();
    resolve_references();
    resolve_input_digests();
    if (!lacks_points_) check_points();
    return std::move(study_);
  }

 private:
  void check_sections() const {
    std::vector<std::string> const sections = {"study",    "experiment", "space",    "constraints",
                                               "searcher", "inputs",     "reference"};
    for (auto const& entry : entries_)
      if (std::find(sections.begin(), sections.end(), entry.section) == sections.end())
        throw UserError(entry.where() + no_such("section", entry.section, sections));
  }

  StudyEntry const* find(std::string_view section, std::string_view key) const {
    auto const found = std::find_if(entries_.begin(), entries_.end(), [&](auto const& entry) {
      return entry.section == section && entry.key == key;
    });
    return found == entries_.end() ? nullptr : &*found;
  }

  StudyEntry const* given(std::string_view key) const { return find("study", key); }

  /// Where to point for a key of [study], given or not.
  std::string where(std::string const& key) const {
    auto const* entry = given(key);
    return entry ? entry->where() : origin_ + ": study." + key + ": ";
  }

  ParameterSpec const& spec_of(StudyEntry const& entry, std::vector<ParameterSpec> const& specs,
                               std::string const& kind) const {
    for (auto const& spec : specs)
      if (spec.name == entry.key) return spec;
    throw UserError(entry.where() + no_such(kind, entry.key, names_of(specs)));
  }

  Parameters read_section(std::string const& section, std::vector<ParameterSpec> const& specs,
                          std::string const& kind) const {
    Parameters values(specs);
    for (auto const& entry : entries_) {
      if (entry.section != section) continue;
      auto const& spec = spec_of(entry, specs, kind);
      values.set(spec.name, located(entry.where(), [&] { return spec.parse(entry.value); }));
    }
    return values;
  }

  void resolve_names() {
    study_.name = keys_.text("name");
    if (!given("name")) study_.name = std::filesystem::path(origin_).stem().string();
    bool const is_file_name = !study_.name.empty() && study_.name.size() <= 200 &&
                              study_.name.front() != '.' &&
                              study_.name.find('/') == std::string::npos;
    if (!is_file_name)
      throw UserError(where("name") + "expected a name that can name a file (no '/', no '.' at " +
                      "its beginning, at most 200 bytes), got " + in_quotes(study_.name));
    study_.summary = keys_.text("summary");
    study_.output = keys_.text("output");
    if (study_.output.empty()) study_.output = "results/" + study_.name + ".h5";
    study_.ranks_per_trial = static_cast<int>(keys_.integer("ranks_per_trial"));
    study_.seed = static_cast<std::uint64_t>(keys_.integer("seed"));
    study_.seeds = keys_.text("seeds") == "independent" ? SeedMode::independent : SeedMode::common;
  }

  void resolve_experiment() {
    auto const& registry = ExperimentRegistry::instance();
    if (!given("experiment"))
      throw UserError(where("experiment") +
                      "expected the name of an experiment, which `engram list` shows, got none");
    study_.experiment =
        located(where("experiment"), [&] { return &registry.at(keys_.text("experiment")); });
    study_.fixed = read_section("experiment", study_.experiment->parameters(), parameter_kind());
  }

  std::string parameter_kind() const {
    return "parameter of " + std::string(study_.experiment->name());
  }

  void resolve_space() {
    auto const specs = study_.experiment->parameters();
    for (auto const& entry : entries_) {
      if (entry.section != "space") continue;
      auto const& spec = spec_of(entry, specs, parameter_kind());
      if (spec.structural)
        throw UserError(entry.where() + "expected a parameter that can be searched; this one " +
                        "decides which metrics there are, so it belongs in [experiment]");
      if (auto const* other = find("experiment", entry.key))
        throw UserError(entry.where() + "expected a parameter either searched or fixed, but " +
                        (other->line > 0 ? "line " + std::to_string(other->line) : other->origin) +
                        " fixes it in [experiment]");
      study_.space.push_back(located(entry.where(), [&] {
        return Dimension::parse(spec, split_condition(entry.value).first);
      }));
    }
  }

  void resolve_conditions() {
    auto const specs = study_.experiment->parameters();
    std::vector<StudyEntry const*> places;
    for (auto const& entry : entries_)
      if (entry.section == "space") places.push_back(&entry);
    auto const& space = study_.space;
    for (std::size_t j = 0; j < space.size(); ++j) {
      auto const [head, condition_text] = split_condition(places[j]->value);
      if (head.size() == places[j]->value.size()) continue;
      auto condition = located(places[j]->where(), [&, text = condition_text] {
        return parse_condition(text, space, specs);
      });
      condition.otherwise = study_.fixed.at(space[j].name());
      study_.space[j].set_condition(std::move(condition));
    }
    for (std::size_t j = 0; j < space.size(); ++j)
      if (auto const cycle = condition_cycle(space, j); !cycle.empty())
        throw UserError(places[j]->where() + "expected conditions that don't depend on each " +
                        "other, got " + joined(cycle, " if "));
  }

  void resolve_constraints() {
    auto const specs = study_.experiment->parameters();
    for (auto const& entry : entries_) {
      if (entry.section != "constraints") continue;
      if (study_.space.empty())
        throw UserError(entry.where() + "expected a [space], whose points it is about");
      study_.constraints.push_back({entry.key, entry.value, located(entry.where(), [&] {
                                      return Constraint::parse(entry.value, study_.space, specs,
                                                               study_.fixed);
                                    })});
    }
  }

  void resolve_metrics() {
    auto const experiment = "experiment " + std::string(study_.experiment->name());
    study_.metrics = located(origin_ + ": " + experiment + ": ",
                             [&] { return study_.experiment->metrics(study_.fixed); });
    std::vector<std::string> directed;
    for (auto const& metric : study_.metrics)
      if (metric.direction != Direction::none) directed.push_back(metric.name);
    if (directed.empty())
      throw UserError(where("objective") + "none of the metrics of " + experiment +
                      " is to be minimised or maximised");
    study_.objective = given("objective") ? keys_.text("objective") : directed.front();
    for (auto const& metric : study_.metrics)
      if (metric.name == study_.objective) study_.direction = metric.direction;
    if (study_.direction == Direction::none)
      throw UserError(where("objective") + "expected a metric to minimise or maximise: " +
                      no_such("such metric", study_.objective, directed));
  }

  void resolve_policy() {
    std::vector<std::string> const policies = {"skip", "abort", "retry", "penalise"};
    auto const policy = std::find(policies.begin(), policies.end(), keys_.text("on_failure"));
    study_.on_failure = static_cast<FailurePolicy>(policy - policies.begin());
    study_.time_limit_s = keys_.real("time_limit");
    study_.max_crashes = static_cast<std::uint64_t>(keys_.integer("max_crashes"));
    study_.checkpoint_interval_s = keys_.real("checkpoint_interval");
    study_.max_retries = static_cast<std::uint64_t>(keys_.integer("max_retries"));
    study_.penalty = keys_.real("penalty");
    if (given("target")) study_.target = keys_.real("target");
    study_.stagnation = static_cast<std::uint64_t>(keys_.integer("stagnation"));
    if (study_.on_failure == FailurePolicy::penalise && !given("penalty"))
      throw UserError(where("penalty") + "expected the " + study_.objective +
                      " that failed trials get, because on_failure is penalise, got none");
  }

  /// The number of points asked of the searcher; 0 leaves it to the searcher.
  std::uint64_t resolve_budget() {
    auto const trials = static_cast<std::uint64_t>(keys_.integer("trials"));
    study_.replicates = static_cast<std::uint64_t>(keys_.integer("replicates"));
    if (study_.space.empty()) {
      if (given("trials") && !given("replicates")) study_.replicates = trials;
      if (given("trials") && trials != study_.replicates)
        throw UserError(where("trials") + "expected as many trials as replicates (" +
                        std::to_string(study_.replicates) + "), because without a [space] there " +
                        "is one point, got " + std::to_string(trials));
      return 1;
    }
    if (!given("trials")) return 0;
    if (auto const rest = trials % study_.replicates; rest != 0) {
      auto const above = std::to_string(trials - rest + study_.replicates);
      throw UserError(where("trials") + "expected a multiple of study.replicates = " +
                      std::to_string(study_.replicates) + ", such as " +
                      (trials > rest ? std::to_string(trials - rest) + " or " : "") + above +
                      ", got " + std::to_string(trials));
    }
    return trials / study_.replicates;
  }

  std::string default_searcher() const {
    if (study_.space.empty()) return "grid";
    if (given("trials")) return "random";
    for (auto const& dimension : study_.space)
      if (dimension.kind() != Dimension::Kind::choice && dimension.kind() != Dimension::Kind::grid)
        throw UserError(where("trials") + "expected the number of trials, because " +
                        dimension.name() + " = " + dimension.to_string() +
                        " spans no grid, got none");
    return "grid";
  }

  /// Points that go on from others' states need experiments that have them.
  void check_states() const {
    if (!study_.searcher->needs_states || study_.experiment->saves_states()) return;
    std::vector<std::string> names;
    for (auto const* experiment : ExperimentRegistry::instance().sorted())
      if (experiment->saves_states()) names.emplace_back(experiment->name());
    throw UserError(where("searcher") + "searcher " + study_.searcher->name +
                    " lets trials go on from others' states, but experiment " +
                    std::string(study_.experiment->name()) +
                    " saves none; these do: " + joined(names, ", "));
  }

  void resolve_searcher() {
    study_.num_points = resolve_budget();
    auto const name = given("searcher") ? keys_.text("searcher") : default_searcher();
    study_.searcher =
        located(where("searcher"), [&] { return &SearcherRegistry::instance().at(name); });
    check_states();
    study_.searcher_options =
        read_section("searcher", study_.searcher->options, "option of the searcher " + name);
    resolve_points();
    if (lacks_points_) return;
    bool const heeds_constraints = located(where(given("trials") ? "trials" : "searcher"), [&] {
      auto const searcher = study_.make_searcher();
      study_.num_points = searcher->num_points();
      return searcher->heeds_constraints();
    });
    if (!heeds_constraints && !study_.constraints.empty())
      throw UserError(where("searcher") + "the searcher " + name + " can't leave out points, as " +
                      "[constraints] asks; choose another one, such as random");
    if (study_.num_points > most_trials / study_.replicates)
      throw UserError(where("replicates") + "expected at most " + std::to_string(most_trials) +
                      " trials, got " + std::to_string(study_.num_points) + " points times " +
                      std::to_string(study_.replicates) + " replicates");
  }

  /// The points that files hold: the study's first ones, and those that the searcher lists.
  void resolve_points() {
    study_.first_points_file = keys_.text("first_points");
    if (!study_.first_points_file.empty())
      study_.first_points = read_points("study", "first_points", study_.first_points_file);
    for (auto const& spec : study_.searcher->options) {
      if (!spec.input_file) continue;
      auto const& file = study_.searcher_options.text(spec.name);
      if (!file.empty()) study_.listed_points = read_points("searcher", spec.name, file);
    }
    auto const num_first = study_.first_points.size();
    if (study_.num_points == 0 || study_.num_points > num_first) return;
    throw UserError(where("trials") + "expected more than " +
                    std::to_string(num_first * study_.replicates) +
                    ", the trials of study.first_points, got " +
                    std::to_string(study_.num_points * study_.replicates) +
                    "; searcher = list evaluates the points of a file only");
  }

  std::vector<Point> read_points(std::string const& section, std::string const& key,
                                 std::string const& file_name) {
    auto const name = section + "." + key;
    auto const* entry = find(section, key);
    auto const place = entry ? entry->where() : origin_ + ": " + name + ": ";
    auto const* known = find("inputs", name);
    if (!read_points_) {
      lacks_points_ = true;
      if (known) study_.point_digests.emplace_back(name, known->value);
      return {};
    }
    if (study_.space.empty())
      throw UserError(place +
                      "expected no file of points, because without a [space] there is one "
                      "point");
    return located(place, [&] {
      auto const& file = study_.point_files[name] = read_points_(name, file_name);
      auto points =
          parse_points(file, study_.space, study_.experiment->parameters(), study_.admits());
      study_.point_digests.emplace_back(name, digest(points));
      if (known && known->value != digest(points))
        throw UserError("inputs." + name + ": expected " + in_quotes(known->value) + ", but " +
                        file.origin + " has " + in_quotes(digest(points)));
      return points;
    });
  }

  void resolve_references() {
    std::vector<std::string> names;
    for (auto const& metric : study_.metrics) names.push_back(metric.name);
    for (auto const& entry : entries_) {
      if (entry.section != "reference") continue;
      auto const reference = read_reference(entry);
      if (std::find(names.begin(), names.end(), reference.metric) == names.end())
        throw UserError(entry.where() + no_such("metric", reference.metric, names));
      study_.references.push_back(reference);
    }
  }

  /// Written by `to_ini`, for studies that are passed on or compared.
  void resolve_input_digests() {
    auto const specs = study_.experiment->parameters();
    for (auto const& entry : entries_) {
      if (entry.section != "inputs") continue;
      if (entry.key.find('.') != std::string::npos) {
        check_points_digest(entry);
        continue;
      }
      if (!spec_of(entry, specs, parameter_kind()).input_file)
        throw UserError(entry.where() + "expected a parameter that names an input file");
      study_.input_digests.emplace_back(entry.key, entry.value);
    }
  }

  void check_points_digest(StudyEntry const& entry) const {
    for (auto const& [key, text] : study_.point_digests)
      if (key == entry.key) return;
    throw UserError(entry.where() + "expected no entry, because " + entry.key + " names no file");
  }

  /// label = metric value (source)
  static Study::Reference read_reference(StudyEntry const& entry) {
    std::string_view rest = entry.value;
    auto const next_word = [&rest] {
      auto const word = rest.substr(0, rest.find_first_of(" \t"));
      rest = trimmed(rest.substr(word.size()));
      return word;
    };
    auto const metric = next_word();
    auto const value = read_real(next_word());
    bool const has_source = rest.size() > 2 && rest.front() == '(' && rest.back() == ')';
    if (!value || (!rest.empty() && !has_source))
      throw UserError(entry.where() + "expected metric value (source), got " +
                      in_quotes(entry.value));
    if (has_source) rest = trimmed(rest.substr(1, rest.size() - 2));
    return {entry.key, std::string(metric), *value, std::string(rest)};
  }

  /// A study of which no trial could run is refused. A single point that the experiment refuses is
  /// a failed trial like others: not every constraint can be written as a space.
  void check_points() const {
    auto const num = std::min<std::uint64_t>(study_.num_points, num_checked_points);
    std::string first_problem;
    if (!study_.first_points.empty()) check_own_points(num);
    auto const proposals =
        located(origin_ + ": constraints: ", [&] { return study_.make_searcher()->ask(num); });
    for (auto const& proposal : proposals) {
      try {
        study_.experiment->validate(study_.trial(0, proposal).parameters);
        return;
      } catch (UserError const& error) {
        if (first_problem.empty()) first_problem = error.what();
      }
    }
    throw UserError(origin_ + ": experiment " + std::string(study_.experiment->name()) + ": " +
                    first_problem);
  }

  /// Whether the searcher finds points that the constraints admit, which it may not look for before
  /// it is told of the first points.
  void check_own_points(std::uint64_t num) const {
    auto study = study_;
    study.first_points.clear();
    study.num_points -= study_.first_points.size();
    located(origin_ + ": constraints: ", [&] { return study.make_searcher()->ask(num); });
  }

  std::vector<StudyEntry> entries_;
  std::string origin_;
  PointFileReader const& read_points_;
  bool lacks_points_ = false;  ///< there is no `read_points_` for the files that the study names
  Parameters keys_;
  Study study_;
};

std::vector<ParameterSpec> make_study_keys() {
  auto const most = static_cast<double>(most_trials);
  return {
      text("name", "").means("names the study and its results file; default: the file's name"),
      text("summary", "").means("a sentence for the report"),
      text("experiment", "").means("what runs; `engram list` names them all"),
      text("searcher", "")
          .means("how points are chosen; default: grid if every dimension is a grid or a choice "
                 "and no "
                 "trials are given, otherwise random"),
      integer("trials", 1)
          .range(1, most)
          .means("evaluations in all, replicates included; default: as many as the "
                 "searcher has by itself, such as the whole grid"),
      integer("replicates", 1).range(1, most).means("evaluations of each point"),
      integer("seed", 1).at_least(0).means("decides all random numbers"),
      choice("seeds", "common", {"common", "independent"})
          .means("whether replicate r of every point has the same seed"),
      text("objective", "")
          .means("the metric to optimise; default: the first that has a direction"),
      text("output", "").means("the results file; default: results/<name>.h5"),
      integer("ranks_per_trial", 1)
          .range(1, 1e6)
          .means("that evaluate a trial together, at most all; changes no result"),
      real("time_limit", 0.0).at_least(0.0).in("s").means("of one trial; 0: none"),
      real("checkpoint_interval", 60.0)
          .at_least(0.0)
          .in("s")
          .means("between states that a trial saves, to go on from after a kill; 0: only when a "
                 "run is asked to stop"),
      choice("on_failure", "skip", {"skip", "abort", "retry", "penalise"})
          .means("what happens when a trial fails or runs out of time"),
      integer("max_retries", 1).range(0, 1000).means("further attempts if on_failure is retry"),
      integer("max_crashes", 3)
          .range(0, 1e6)
          .means("times that a trial may end its process, and all ranks with it, before it is "
                 "recorded as failed; 0: any number"),
      real("penalty", 0.0).means("objective of a failed trial if on_failure is penalise"),
      real("target", 0.0)
          .means("the study ends with the first point whose objective is as good; "
                 "default: none"),
      integer("stagnation", 0)
          .range(0, most)
          .means(
              "the study ends after so many points in a row without a better one; 0: it doesn't"),
      text("first_points", "")
          .means(
              "a table of points, beside the study file, that come before those of the searcher"),
  };
}

}  // namespace

std::vector<ParameterSpec> const& study_keys() {
  static auto const keys = make_study_keys();
  return keys;
}

Study parse_study(std::string const& text, std::string const& origin,
                  std::vector<std::pair<std::string, std::string>> const& overrides,
                  PointFileReader const& read_points) {
  auto entries = read_entries(text, origin);
  for (auto const& [name, value] : overrides) override_entry(entries, name, value);
  return StudyResolver(std::move(entries), origin, read_points).resolve();
}

}  // namespace engram
