#pragma once

#include <map>
#include <string>
#include <vector>

namespace engram {

class Environment;

/// What may differ between two runs of a study, for the results file: version and commit, compiler,
/// Kokkos and MPI, nodes, ranks and threads, loaded modules, the batch job (`slurm_…`), the command
/// line, the start time. `hosts` has the node of each rank.
std::map<std::string, std::string> make_provenance(Environment const& environment,
                                                   std::vector<std::string> const& hosts,
                                                   std::string const& command_line);

/// "node1, node7": each node once, in the order of ranks.
std::string distinct_hosts(std::vector<std::string> const& hosts);

}  // namespace engram
