#include "jobs/provenance.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "analysis/format.hpp"
#include "core/config.hpp"
#include "core/text.hpp"
#include "parallel/environment.hpp"

namespace engram {

std::map<std::string, std::string> make_provenance(Environment const& environment,
                                                   std::vector<std::string> const& hosts,
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
      {"command_line", command_line},
      {"started", format_time(std::chrono::duration<double>(now).count())},
  };
  // Batch systems: Slurm, PBS, Grid Engine, LSF.
  for (char const* name : {"SLURM_JOB_ID", "PBS_JOBID", "JOB_ID", "LSB_JOBID"}) {
    if (char const* value = std::getenv(name)) provenance[name] = value;
  }
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
