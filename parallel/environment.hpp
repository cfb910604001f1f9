#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/communicator.hpp"

namespace engram {

struct EnvironmentOptions {
  /// A rank. 0: OMP_NUM_THREADS, or else the cores that this rank may use (affinity, cgroup quota),
  /// shared by the ranks of its node.
  int num_threads = 0;
};

/// MPI, then Kokkos, and back in reverse order. One object, made in main before anything else.
///
/// Works without mpirun as one process. Warns on rank 0, with the numbers, if the ranks of a node
/// have more threads than cores.
class Environment {
 public:
  Environment(int& argc, char**& argv, EnvironmentOptions const& options = {});
  ~Environment();
  Environment(Environment const&) = delete;
  Environment& operator=(Environment const&) = delete;

  /// All ranks. A duplicate of MPI_COMM_WORLD, or the local communicator.
  Communicator const& world() const;

  int num_threads() const;         ///< a rank, as given to Kokkos
  bool threads_supported() const;  ///< MPI_THREAD_SERIALIZED or better
  std::string const& host() const;
  std::string mpi_version() const;     ///< one line, for provenance
  std::string kokkos_version() const;  ///< one line: version, execution space, concurrency
  std::vector<std::string> const& warnings() const;

  /// Calls `body` and returns its exit code. An exception that leaves `body` on any rank is printed
  /// with rank and host, and ends all ranks (MPI_Abort) unless every rank throws within 2 s: then
  /// each reason is printed once. The exit code is 2 for a UserError, else 1.
  int run(std::function<int()> const& body) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// All ranks, for code that isn't handed an Environment while there is one. Collective.
Communicator duplicate_world();

/// Whether it is known that the launcher ends all ranks when one dies: Open MPI 4's mpirun does,
/// unless --enable-recovery is among its options.
bool launcher_ends_all_with_one();

/// Ends all ranks at once with the reason on stderr, from any thread, whatever threads the MPI
/// library supports. For what can't be recovered.
[[noreturn]] void abort_all_ranks(std::string const& reason, int exit_code);

}  // namespace engram
