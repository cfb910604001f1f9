#include "jobs/provenance.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <utility>

#include "analysis/format.hpp"
#include "core/config.hpp"
#include "core/text.hpp"
#include "parallel/environment.hpp"

namespace engram {
namespace {

using ProvenanceTexts = std::map<std::string, std::string>;

void add_variable(char const* variable, char const* key, ProvenanceTexts& provenance) {
  char const* const value = std::getenv(variable);
  if (value && *value) provenance[key] = value;
}

/// What Slurm says of the job. ENGRAM_SLURM_… are of scripts by `engram slurm`: older versions of
/// Slurm leave the allocation's end (seconds since 1970) to be asked for.
void add_slurm(ProvenanceTexts& provenance) {
  provenance["slurm_restart_count"] = "0";  // of a first allocation Slurm says nothing
  for (auto const& [variable, key] : {std::pair{"SLURM_JOB_ID", "slurm_job_id"},
                                      {"SLURM_ARRAY_JOB_ID", "slurm_array_job_id"},
                                      {"SLURM_ARRAY_TASK_ID", "slurm_array_task_id"},
                                      {"SLURM_RESTART_COUNT", "slurm_restart_count"},
                                      {"SLURM_CLUSTER_NAME", "slurm_cluster"},
                                      {"SLURM_JOB_PARTITION", "slurm_partition"},
                                      {"SLURM_JOB_ACCOUNT", "slurm_account"},
                                      {"SLURM_JOB_NUM_NODES", "slurm_nodes"},
                                      {"SLURM_JOB_NODELIST", "slurm_nodelist"},
                                      {"SLURM_TASKS_PER_NODE", "slurm_tasks_per_node"},
                                      {"SLURM_CPUS_PER_TASK", "slurm_cpus_per_task"},
                                      {"ENGRAM_SLURM_LAUNCHER", "slurm_launcher"},
                                      {"ENGRAM_SLURM_BINDING", "slurm_binding"},
                                      {"SLURM_JOB_END_TIME", "slurm_end_time"},
                                      {"ENGRAM_SLURM_END_TIME", "slurm_end_time"}}) {
    add_variable(variable, key, provenance);
  }
}

std::string binding_of_first_node(std::vector<std::string> const& hosts,
                                  std::vector<std::string> const& bindings) {
  std::string text;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (hosts[i] == hosts[0]) text += (i == 0 ? "" : "; ") + bindings[i];
  }
  return text;
}

}  // namespace

std::string rank_binding() {
  std::string text = "CPUs ?", line;
  for (std::ifstream status("/proc/self/status"); std::getline(status, line);) {
    std::string_view const key = "Cpus_allowed_list:";
    if (line.starts_with(key)) text = "CPUs " + std::string(trimmed(line.substr(key.size())));
  }
  for (char const* name : {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"}) {
    char const* const devices = std::getenv(name);
    if (devices && *devices) return text + " GPUs " + devices;
  }
  return text;
}

std::map<std::string, std::string> make_provenance(Environment const& environment,
                                                   std::vector<std::string> const& hosts,
                                                   std::vector<std::string> const& bindings,
                                                   std::string const& command_line) {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  std::map<std::string, std::string> provenance{
      {"version", ENGRAM_VERSION},
      {"commit", git_commit()},
      {"build", build_description()},
      {"kokkos", environment.kokkos_version()},
      {"mpi", environment.mpi_version()},
      {"hosts", distinct_hosts(hosts)},
      {"ranks", std::to_string(hosts.size())},
      {"threads_per_rank", std::to_string(environment.num_threads())},
      {"binding", binding_of_first_node(hosts, bindings)},
      {"command_line", command_line},
      {"started", format_time(std::chrono::duration<double>(now).count())},
  };
  // Other batch systems: PBS, Grid Engine, LSF.
  for (char const* name : {"PBS_JOBID", "JOB_ID", "LSB_JOBID"}) {
    if (char const* value = std::getenv(name)) provenance[name] = value;
  }
  add_variable("LOADEDMODULES", "modules", provenance);
  if (std::getenv("SLURM_JOB_ID")) add_slurm(provenance);
  return provenance;
}

std::string distinct_hosts(std::vector<std::string> const& hosts) {
  std::vector<std::string> known;
  for (auto const& host : hosts) {
    if (std::ranges::find(known, host) == known.end()) known.push_back(host);
  }
  return joined(known, ", ");
}

}  // namespace engram
