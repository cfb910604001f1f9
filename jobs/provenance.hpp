#pragma once

#include <map>
#include <string>
#include <vector>

namespace engram {

class Environment;

/// What may differ between two runs of a study, for the results file: version and commit, compiler,
/// Kokkos and MPI, nodes, ranks and threads, what the first node's ranks may use, loaded modules,
/// the batch job (`slurm_…`), the command line, the start time.
/// @param hosts, bindings  of each rank: its node, its `rank_binding()`
std::map<std::string, std::string> make_provenance(Environment const& environment,
                                                   std::vector<std::string> const& hosts,
                                                   std::vector<std::string> const& bindings,
                                                   std::string const& command_line);

/// What this rank may use: "CPUs 0-3", and "GPUs 1" where it does not have all.
std::string rank_binding();

/// "node1, node7": each node once, in the order of ranks.
std::string distinct_hosts(std::vector<std::string> const& hosts);

}  // namespace engram
