#pragma once

// Every difference between Kokkos 3.4, 4.x and 5.x lives here; no other file tests KOKKOS_VERSION.

#include <Kokkos_Core.hpp>
#include <string>

namespace engram {

using ExecutionSpace = Kokkos::DefaultExecutionSpace;
using HostExecutionSpace = Kokkos::DefaultHostExecutionSpace;

/// Host and default execution space share their memory, so that a mirror is the view itself.
inline constexpr bool is_host_space =
    Kokkos::SpaceAccessibility<Kokkos::HostSpace, ExecutionSpace::memory_space>::accessible;

/// Starts Kokkos with `num_threads` a rank (0: Kokkos decides). Of several CUDA or HIP devices, the
/// ranks of a node take one each in turn; on other devices Kokkos chooses.
void initialize_kokkos(int num_threads, int rank_on_node);

/// Waits for the work of one execution space instance; labelled where Kokkos can label it.
inline void fence(ExecutionSpace const& space, [[maybe_unused]] std::string const& label) {
#if KOKKOS_VERSION >= 30500
  space.fence(label);
#else
  space.fence();
#endif
}

}  // namespace engram
