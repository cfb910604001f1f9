#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/command.hpp"

namespace engram {

enum class MpiLauncher { srun, mpirun };

/// How a study is put on a cluster. Numbers of 0 and empty texts are left to Slurm.
struct SlurmSettings {
  int num_nodes = 0;
  int num_tasks = 0;
  int tasks_per_node = 0;
  int cpus_per_task = 0;
  int gpus_per_node = 0;
  int num_parts = 0;  ///< tasks of an array, each of which runs a part of the study; 0: no array
  std::string time, partition, account;
  int warn_ahead_s = 120;  ///< the study is asked to stop so long before the end
  int max_requeues = 100;
  MpiLauncher launcher = MpiLauncher::srun;
  std::string mpi = "pmix";          ///< srun's way to start MPI programs
  bool binds = true;                 ///< ranks and threads to cores
  std::vector<std::string> program;  ///< the command instead of this program, in a container say
  std::vector<std::string> modules;
  std::string setup;                          ///< a line of bash before the launch
  std::map<std::string, std::string> sbatch;  ///< any other options of sbatch, without dashes
};

/// From the command line and, where that is silent, from the site file. Throws UserError.
SlurmSettings read_slurm_settings(Invocation const& call);

/// The options of `engram slurm` that are settings, which a site file may have in its section
/// [slurm], too.
std::vector<CommandOption> const& slurm_setting_options();

/// $XDG_CONFIG_HOME/engram/slurm.ini, by default in ~/.config.
std::filesystem::path default_site_file();

/// Seconds of a time as sbatch reads it: "90" (minutes), "MM:SS", "HH:MM:SS", "D-HH", "D-HH:MM",
/// "D-HH:MM:SS"; none for other texts.
std::optional<double> slurm_seconds(std::string_view text);

}  // namespace engram
