#include "jobs/study.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"
#include "jobs/study_file.hpp"
#include "jobs/study_searcher.hpp"

namespace engram {
namespace {

std::string_view to_string(FailurePolicy policy) {
  switch (policy) {
    case FailurePolicy::skip:
      return "skip";
    case FailurePolicy::abort:
      return "abort";
    case FailurePolicy::retry:
      return "retry";
    case FailurePolicy::penalise:
      return "penalise";
  }
  throw std::logic_error("a failure policy that does not exist");
}

/// Collects INI text.
class IniWriter {
 public:
  void section(std::string const& name) { text_ += (text_.empty() ? "[" : "\n[") + name + "]\n"; }

  void entry(std::string const& key, std::string const& value) {
    text_ += key + (value.empty() ? " =" : " = ") + value + "\n";
  }

  void entry(std::string const& key, std::uint64_t value) { entry(key, std::to_string(value)); }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// "; did you mean 'studies/demo.ini'?" for a study file that is not there.
std::string similar_file(std::filesystem::path const& file) {
  std::vector<std::string> names;
  auto const folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  std::error_code error;
  for (auto const& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".ini") names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return did_you_mean(file.filename().string(), names);
}

std::string read_text(std::filesystem::path const& file) {
  std::error_code error;
  auto const status = std::filesystem::status(file, error);
  auto const name = file.string();
  if (status.type() == std::filesystem::file_type::not_found)
    throw UserError(name + ": expected a study file, but there is no such file" +
                    similar_file(file));
  if (std::filesystem::is_directory(status))
    throw UserError(name + ": expected a study file, got a directory");
  if (!error && !std::filesystem::is_regular_file(status))
    throw UserError(name + ": expected a study file, got no regular file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw UserError(name + ": the study file can't be opened: " + std::strerror(errno));
  // One byte more than read_entries admits: enough for its message, whatever the file's size.
  std::string text((std::size_t{1} << 20) + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) throw UserError(name + ": the study file can't be read");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

/// Whether the key decides what the trials are.
bool decides_trials(StudyEntry const& entry) {
  constexpr std::array<std::string_view, 5> without_effect = {
      "output", "summary", "checkpoint_interval", "max_crashes", "ranks_per_trial"};
  return entry.section != "reference" &&
         !(entry.section == "study" &&
           std::ranges::find(without_effect, entry.key) != without_effect.end());
}

std::string const* value_of(std::vector<StudyEntry> const& entries, StudyEntry const& wanted) {
  for (auto const& entry : entries)
    if (entry.section == wanted.section && entry.key == wanted.key) return &entry.value;
  return nullptr;
}

/// The names of [space] in their order, which decides a searcher's points.
std::string space_order(std::vector<StudyEntry> const& entries) {
  std::vector<std::string> names;
  for (auto const& entry : entries)
    if (entry.section == "space") names.push_back(entry.key);
  return joined(names, ", ");
}

}  // namespace

std::string Study::to_ini() const {
  IniWriter ini;
  ini.section("study");
  ini.entry("name", name);
  ini.entry("summary", summary);
  ini.entry("experiment", std::string(experiment->name()));
  ini.entry("searcher", searcher->name);
  ini.entry("trials", num_trials());
  ini.entry("replicates", replicates);
  ini.entry("seed", seed);
  ini.entry("seeds", seeds == SeedMode::common ? "common" : "independent");
  ini.entry("objective", objective);
  ini.entry("time_limit", to_text(time_limit_s));
  ini.entry("checkpoint_interval", to_text(checkpoint_interval_s));
  ini.entry("on_failure", std::string(to_string(on_failure)));
  ini.entry("max_retries", max_retries);
  ini.entry("max_crashes", std::to_string(max_crashes));
  ini.entry("penalty", to_text(penalty));
  // What is not there is not written, so that studies without it keep their text.
  if (target) ini.entry("target", to_text(*target));
  if (stagnation > 0) ini.entry("stagnation", stagnation);
  if (!first_points_file.empty()) ini.entry("first_points", first_points_file);

  auto const is_searched = [&](std::string const& key) {
    return std::any_of(space.begin(), space.end(), [&](auto const& d) { return d.name() == key; });
  };
  ini.section("experiment");
  for (auto const& [key, value] : fixed.items())
    if (!is_searched(key)) ini.entry(key, engram::to_string(value));
  ini.section("space");
  for (auto const& dimension : space) ini.entry(dimension.name(), dimension.to_string());
  if (!constraints.empty()) ini.section("constraints");
  for (auto const& constraint : constraints) ini.entry(constraint.name, constraint.text);
  ini.section("searcher");
  for (auto const& [key, value] : searcher_options.items())
    ini.entry(key, engram::to_string(value));
  if (!input_digests.empty() || !point_digests.empty()) ini.section("inputs");
  for (auto const* const digests : {&input_digests, &point_digests})
    for (auto const& [key, text] : *digests) ini.entry(key, text);
  ini.section("reference");
  for (auto const& reference : references)
    ini.entry(reference.label, reference.metric + " " + to_text(reference.value) +
                                   (reference.source.empty() ? "" : " (" + reference.source + ")"));
  return ini.take();
}

std::unique_ptr<Searcher> Study::make_searcher() const {
  auto made = searcher->make(
      {.space = space,
       .num_points = num_points - std::min<std::uint64_t>(num_points, first_points.size()),
       .direction = direction,
       .objective = objective,
       .metrics = metrics,
       .key = Key(Seed(seed)).stream("searcher"),
       .options = searcher_options,
       .points = listed_points,
       .admits = admits()});
  return as_study_uses(std::move(made), first_points, space);
}

std::function<bool(Point const&)> Study::admits() const {
  if (constraints.empty()) return {};
  return [space = space, constraints = constraints](Point point) {
    set_inactive(space, point);
    return std::ranges::all_of(constraints,
                               [&](auto const& named) { return named.constraint.holds(point); });
  };
}

Trial Study::trial(std::uint64_t id, Proposal const& proposal) const {
  Trial trial;
  trial.id = id;
  auto const key = Key(Seed(seed)).stream("trial");
  auto const replicate = id % replicates;
  auto const seed_id = proposal.seeds_of.value_or(id / replicates) * replicates + replicate;
  trial.seed = key.index(seeds == SeedMode::common ? replicate : seed_id).value();
  trial.budget = proposal.budget;
  trial.parameters = fixed;
  for (std::size_t j = 0; j < space.size(); ++j)
    trial.parameters.set(space[j].name(), proposal.values.at(j));
  return trial;
}

std::int64_t Study::parent(std::uint64_t id, Proposal const& proposal) const {
  if (!proposal.continues) return -1;
  return static_cast<std::int64_t>(*proposal.continues * replicates + id % replicates);
}

Study read_study(std::filesystem::path const& file,
                 std::vector<std::pair<std::string, std::string>> const& overrides) {
  auto const text = read_text(file);
  Study study = parse_study(text, file.string(), overrides,
                            [&](std::string const&, std::string const& file_name) {
                              return read_point_file(file_name, file.parent_path());
                            });
  load_inputs(study, file.parent_path(), [&](std::string const& parameter) {
    auto entries = read_entries(text, file.string());
    for (auto const& [name, value] : overrides) override_entry(entries, name, value);
    for (auto const& entry : entries) {
      if (entry.section == "experiment" && entry.key == parameter) return entry.where();
    }
    return file.string() + ": experiment." + parameter + ": ";
  });
  return study;
}

std::vector<std::string> differing_keys(std::string const& theirs, std::string const& ours) {
  auto const there = read_entries(theirs, "the study there");
  auto const here = read_entries(ours, "the study here");
  std::vector<std::string> result;
  for (auto const& entry : there) {
    if (!decides_trials(entry)) continue;
    auto const* value = value_of(here, entry);
    if (value == nullptr || *value != entry.value)
      result.push_back(entry.section + "." + entry.key + ": " + entry.value + " there, " +
                       (value ? *value : "none") + " here");
  }
  for (auto const& entry : here)
    if (decides_trials(entry) && value_of(there, entry) == nullptr)
      result.push_back(entry.section + "." + entry.key + ": none there, " + entry.value + " here");
  if (result.empty() && space_order(there) != space_order(here))
    result.push_back("space: in the order " + space_order(there) + " there, " + space_order(here) +
                     " here");
  return result;
}

}  // namespace engram
