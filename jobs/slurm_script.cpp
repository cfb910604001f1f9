#include "jobs/slurm_script.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "core/error.hpp"
#include "core/text.hpp"
#include "jobs/slurm_script_body.hpp"

namespace engram {
namespace {

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("_./:@%+-").find(c) != std::string_view::npos;
}

std::string assignment(std::string const& name, std::string const& text) {
  return name + "=" + shell_word(text) + "\n";
}

std::string array_of(std::string const& name, std::vector<std::string> const& words) {
  return name + "=(" + joined(words, " ") + ")\n";
}

/// Lines for sbatch. An option that is passed through takes the place of one of ours.
class Directives {
 public:
  explicit Directives(std::map<std::string, std::string> passed) : passed_(std::move(passed)) {}

  void add(std::string const& name, std::string const& value = {}) {
    if (!passed_.contains(name)) write(name, value);
  }
  void add(std::string const& name, int value) {
    if (value > 0) add(name, std::to_string(value));
  }
  void add_text(std::string const& name, std::string const& value) {
    if (!value.empty()) add(name, value);
  }

  std::string text() {
    for (auto const& [name, value] : passed_) write(name, value);
    return text_;
  }

 private:
  void write(std::string const& name, std::string const& value) {
    text_ += "#SBATCH --" + name;
    bool const needs_quotes = value.find_first_of(" \t#'") != std::string::npos;
    auto const quoted = needs_quotes ? "\"" + value + "\"" : value;
    text_ += value.empty() ? "\n" : "=" + quoted + "\n";
  }

  std::map<std::string, std::string> passed_;
  std::string text_;
};

std::string directives(SlurmStudy const& study, SlurmSettings const& settings) {
  Directives lines(settings.sbatch);
  lines.add("job-name", study.name);
  lines.add("output", settings.num_parts > 0 ? "%x-%A_%a.out" : "%x-%j.out");
  lines.add("open-mode", "append");
  lines.add("nodes", settings.num_nodes);
  lines.add("ntasks", settings.num_tasks);
  lines.add("ntasks-per-node", settings.tasks_per_node);
  lines.add("cpus-per-task", settings.cpus_per_task);
  lines.add("gpus-per-node", settings.gpus_per_node);
  lines.add_text("time", settings.time);
  lines.add_text("partition", settings.partition);
  lines.add_text("account", settings.account);
  if (settings.num_parts > 0) lines.add("array", "0-" + std::to_string(settings.num_parts - 1));
  lines.add("signal", "B:USR1@" + std::to_string(settings.warn_ahead_s));
  if (!settings.sbatch.contains("no-requeue")) lines.add("requeue");
  return lines.text();
}

std::vector<std::string> launcher_words(SlurmSettings const& settings) {
  bool const has_threads = settings.cpus_per_task > 1;
  if (settings.launcher == MpiLauncher::mpirun) {
    std::vector<std::string> words{"mpirun", "-n", "\"$SLURM_NTASKS\"", "--bind-to"};
    words.emplace_back(settings.binds ? "core" : "none");
    if (settings.binds && has_threads) {
      words.emplace_back("--map-by");
      words.push_back("slot:PE=" + std::to_string(settings.cpus_per_task));
      words.back() = "'" + words.back() + "'";
    }
    return words;
  }
  // Without -K, srun waits for ranks whose neighbours on a node are gone.
  std::vector<std::string> words{"srun", "'--mpi=" + settings.mpi + "'", "--kill-on-bad-exit"};
  if (settings.binds) words.emplace_back("'--cpu-bind=cores'");
  if (settings.gpus_per_node > 0) words.emplace_back("'--gpu-bind=single:1'");
  return words;
}

std::string environment(SlurmSettings const& settings) {
  std::string text;
  if (!settings.modules.empty()) {
    text += "\n# shellcheck disable=SC1091\ntype module >/dev/null 2>&1 || source /etc/profile\n";
    for (auto const& name : settings.modules) text += "module load " + shell_word(name) + "\n";
  }
  if (!settings.setup.empty()) text += settings.setup + "\n";
  text += "\n";
  if (settings.cpus_per_task > 0) {
    auto const num = std::to_string(settings.cpus_per_task);
    text += "export OMP_NUM_THREADS=" + num;
    if (settings.binds) text += " OMP_PROC_BIND=close OMP_PLACES=cores";
    // sbatch no longer tells it to srun since Slurm 22.05.
    text += "\nexport SRUN_CPUS_PER_TASK=" + num + "\n";
  }
  if (settings.launcher == MpiLauncher::srun) {
    text +=
        "# With the other fences, ranks on several nodes die in MPI_Init now and then.\n"
        "export SLURM_PMIX_FENCE=ring\n";
  }
  return text + "export ENGRAM_SLURM_LAUNCHER=" +
         (settings.launcher == MpiLauncher::srun ? "srun" : "mpirun") +
         " ENGRAM_SLURM_BINDING=" + (settings.binds ? "cores" : "none") + "\n";
}

}  // namespace

std::string shell_word(std::string const& text) {
  if (text.find_first_of(std::string_view("\n\0", 2)) != std::string::npos)
    throw UserError("expected text without line ends, got " + in_quotes(text));
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return text;
  std::string word = "'";
  for (char const c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string write_slurm_script(SlurmStudy const& study, SlurmSettings const& settings) {
  std::vector<std::string> overrides, options;
  for (auto const& [name, value] : study.overrides)
    overrides.push_back(shell_word("--" + name + "=" + value));
  if (study.extends) options.emplace_back("--extend");
  if (settings.num_parts > 0) {
    options.emplace_back("--part");
    options.push_back("\"$SLURM_ARRAY_TASK_ID/" + std::to_string(settings.num_parts) + "\"");
  }
  std::string text =
      "#!/usr/bin/env bash\n"
      "# Runs a study to its end in as many allocations as it takes: ahead of the time limit the "
      "study saves its\n"
      "# states and ends, and the job requeues itself. Written by engram slurm, for sbatch.\n" +
      directives(study, settings) + "\n# What runs, and where.\n";
  auto program = settings.program;
  if (program.empty()) program.push_back(study.program.string());
  for (auto& word : program) word = shell_word(word);
  text += array_of("engram", program);
  text += assignment("study", study.study.string());
  text += assignment("results", study.results.string());
  text += array_of("overrides", overrides) + array_of("options", options);
  text += array_of("launcher", launcher_words(settings));
  text += "warn_ahead=" + std::to_string(settings.warn_ahead_s) +
          "  # seconds before an allocation's end\n";
  text += "max_requeues=" + std::to_string(settings.max_requeues) + "\n";
  text += "cd " + shell_word(study.folder.string()) + " || exit 1\n";
  return text + environment(settings) + slurm_script_body;
}

}  // namespace engram
