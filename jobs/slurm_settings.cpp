#include "jobs/slurm_settings.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"
#include "jobs/duration.hpp"
#include "jobs/study_file.hpp"

namespace engram {
namespace {

constexpr double default_warn_ahead_s = 120.0;

/// A value and where it was given, for messages.
struct Given {
  std::string value, where;
};
using GivenSettings = std::map<std::string, Given>;

/// sbatch takes its options from lines, in which quotes and line ends would mean something else.
void check_line(Given const& given) {
  if (std::ranges::any_of(given.value, [](char c) {
        return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
      }))
    throw UserError(given.where + "expected text without quotes, backslashes and line ends, got " +
                    in_quotes(given.value));
}

void check_option_name(std::string const& name, std::string const& where) {
  bool const is_name = !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!is_name) throw UserError(where + "expected an option of sbatch, got " + in_quotes(name));
}

void read_site_file(std::filesystem::path const& path, bool is_asked_for, GivenSettings& settings,
                    GivenSettings& sbatch) {
  std::ifstream file(path);
  if (!file) {
    if (is_asked_for) throw UserError("--site-file: cannot read " + path.string());
    return;
  }
  std::string const text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> names;
  for (auto const& option : slurm_setting_options()) names.push_back(option.name);
  for (auto const& entry : read_entries(text, path.string())) {
    Given const given{entry.value, entry.where()};
    if (entry.section == "sbatch") {
      check_option_name(entry.key, given.where);
      sbatch[entry.key] = given;
    } else if (entry.section != "slurm") {
      throw UserError(given.where + "expected the sections slurm and sbatch");
    } else if (std::ranges::find(names, entry.key) == names.end()) {
      throw UserError(given.where + "expected an option of engram slurm" +
                      did_you_mean(entry.key, names) +
                      "; other options of sbatch belong to the section sbatch");
    } else {
      settings[entry.key] = given;
    }
  }
}

class Reader {
 public:
  explicit Reader(GivenSettings const& settings) : settings_(settings) {}

  std::string text(std::string const& name) const {
    auto const found = settings_.find(name);
    if (found == settings_.end()) return {};
    check_line(found->second);
    return found->second.value;
  }

  int integer(std::string const& name, int low, int high, int otherwise) const {
    auto const found = settings_.find(name);
    if (found == settings_.end()) return otherwise;
    auto const value = read_integer(found->second.value);
    if (!value || *value < low || *value > high)
      refuse(name, "an integer in [" + std::to_string(low) + ", " + std::to_string(high) + "]");
    return static_cast<int>(*value);
  }

  std::string choice(std::string const& name, std::vector<std::string> const& choices) const {
    if (!settings_.contains(name)) return choices.front();
    auto const value = text(name);
    if (std::ranges::find(choices, value) == choices.end()) refuse(name, joined(choices, " or "));
    return value;
  }

  /// Whole seconds.
  int seconds(std::string const& name, double otherwise) const {
    auto const found = settings_.find(name);
    if (found == settings_.end()) return static_cast<int>(otherwise);
    double const value = parse_duration(found->second.value, "--" + name);
    if (value < 4.0 || value > 86400.0) refuse(name, "a time of 4 s to 1 d");
    return static_cast<int>(value);
  }

  [[noreturn]] void refuse(std::string const& name, std::string const& expected) const {
    auto const& given = settings_.at(name);
    throw UserError(given.where + "expected " + expected + ", got " + in_quotes(given.value));
  }

 private:
  GivenSettings const& settings_;
};

std::vector<std::string> words_of(std::string text, char separator = ' ') {
  std::ranges::replace(text, separator, ' ');
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

/// A quarter of the allocation at most, so that most of a short one is for the study.
double warn_ahead_of(std::string const& time) {
  auto const limit_s = slurm_seconds(time);
  return limit_s ? std::clamp(*limit_s / 4.0, 4.0, default_warn_ahead_s) : default_warn_ahead_s;
}

/// One rank a GPU or node where nobody says otherwise, as srun and mpirun would count differently.
void count_tasks(SlurmSettings& settings) {
  bool const is_open = settings.num_tasks == 0 && settings.tasks_per_node == 0;
  if (is_open) settings.tasks_per_node = std::max(1, settings.gpus_per_node);
  if (settings.gpus_per_node > 0 && settings.tasks_per_node > settings.gpus_per_node)
    throw UserError("--ntasks-per-node: expected at most one rank a GPU (" +
                    std::to_string(settings.gpus_per_node) + " a node), got " +
                    std::to_string(settings.tasks_per_node));
  if (is_open && settings.num_nodes == 0) settings.num_nodes = 1;
}

}  // namespace

std::optional<double> slurm_seconds(std::string_view text) {
  auto const dash = text.find('-');
  bool const has_days = dash != std::string_view::npos;
  std::array<double, 4> parts{};  // days, hours, minutes, seconds
  if (has_days) {
    auto const days = read_integer(text.substr(0, dash));
    if (!days || *days < 0) return std::nullopt;
    parts[0] = static_cast<double>(*days);
    text.remove_prefix(dash + 1);
  }
  auto const num_colons = static_cast<std::size_t>(std::ranges::count(text, ':'));
  if (num_colons > 2) return std::nullopt;
  // Without days, the first of fewer than three numbers is of minutes.
  for (std::size_t i = has_days || num_colons == 2 ? 1 : 2;; ++i) {
    auto const colon = text.find(':');
    auto const number = read_integer(text.substr(0, colon));
    if (!number || *number < 0) return std::nullopt;
    parts[i] = static_cast<double>(*number);
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  return ((parts[0] * 24.0 + parts[1]) * 60.0 + parts[2]) * 60.0 + parts[3];
}

std::filesystem::path default_site_file() {
  char const* const config = std::getenv("XDG_CONFIG_HOME");
  char const* const home = std::getenv("HOME");
  auto const folder = config && *config ? std::filesystem::path(config)
                                        : std::filesystem::path(home ? home : "") / ".config";
  return folder / "engram" / "slurm.ini";
}

std::vector<CommandOption> const& slurm_setting_options() {
  static std::vector<CommandOption> const options{
      {"nodes", "N", "nodes"},
      {"ntasks", "N", "ranks in all"},
      {"ntasks-per-node", "N", "ranks a node; default 1, or one a GPU"},
      {"cpus-per-task", "N", "cores a rank, for its threads"},
      {"gpus-per-node", "N", "GPUs a node, each for one rank"},
      {"time", "TIME",
       "limit of an allocation, as sbatch reads it: minutes, HH:MM:SS, D-HH:MM:SS; the study may "
       "take longer"},
      {"partition", "NAME", "partition, or several separated by commas"},
      {"account", "NAME", "account that pays"},
      {"launcher", "srun|mpirun", "what starts the ranks; default srun"},
      {"mpi", "TYPE", "srun's --mpi, such as pmix (default), pmi2, cray_shasta"},
      {"bind", "cores|none", "where ranks and threads are bound; default cores"},
      {"program", "WORDS",
       "what to start instead of this very program: apptainer exec /sw/engram.sif engram"},
      {"modules", "A,B", "modules to load before the launch"},
      {"setup", "LINE", "a line of bash before the launch, after the modules"},
      {"warn-ahead", "TIME",
       "so long before its end an allocation's work is saved; default 2m, at most a quarter of "
       "--time"},
      {"max-requeues", "N", "most allocations after the first; default 100"},
  };
  return options;
}

SlurmSettings read_slurm_settings(Invocation const& call) {
  GivenSettings given, sbatch;
  bool const is_asked_for = call.has("site-file");
  read_site_file(
      is_asked_for ? std::filesystem::path(call.options.at("site-file")) : default_site_file(),
      is_asked_for, given, sbatch);
  for (auto const& option : slurm_setting_options()) {
    if (call.has(option.name))
      given[option.name] = {call.options.at(option.name), "--" + option.name + ": "};
  }
  for (auto const& [name, value] : call.passed) {
    check_option_name(name, "engram slurm: ");
    sbatch[name] = {value, "--" + name + ": "};
  }

  Reader const reader(given);
  SlurmSettings settings;
  constexpr int many = 1'000'000;
  settings.num_nodes = reader.integer("nodes", 1, many, 0);
  settings.num_tasks = reader.integer("ntasks", 1, many, 0);
  settings.tasks_per_node = reader.integer("ntasks-per-node", 1, many, 0);
  settings.cpus_per_task = reader.integer("cpus-per-task", 1, many, 0);
  settings.gpus_per_node = reader.integer("gpus-per-node", 1, many, 0);
  settings.num_parts = call.integer("array", 1, many, 0);
  settings.time = reader.text("time");
  settings.partition = reader.text("partition");
  settings.account = reader.text("account");
  settings.warn_ahead_s = reader.seconds("warn-ahead", warn_ahead_of(settings.time));
  settings.max_requeues = reader.integer("max-requeues", 0, many, settings.max_requeues);
  auto const launcher = reader.choice("launcher", {"srun", "mpirun"});
  settings.launcher = launcher == "srun" ? MpiLauncher::srun : MpiLauncher::mpirun;
  if (auto mpi = reader.text("mpi"); !mpi.empty()) settings.mpi = std::move(mpi);
  settings.binds = reader.choice("bind", {"cores", "none"}) == "cores";
  settings.program = words_of(reader.text("program"));
  settings.modules = words_of(reader.text("modules"), ',');
  if (given.contains("setup")) settings.setup = given.at("setup").value;
  for (auto const& [name, value] : sbatch) {
    check_line(value);
    settings.sbatch[name] = value.value;
  }
  count_tasks(settings);
  return settings;
}

}  // namespace engram
