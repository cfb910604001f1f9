#include "core/compat.hpp"

namespace engram {

void initialize_kokkos(int num_threads, [[maybe_unused]] int rank_on_node) {
#if KOKKOS_VERSION >= 30700
  Kokkos::InitializationSettings settings;
  if (num_threads > 0) settings.set_num_threads(num_threads);
  settings.set_map_device_id_by("mpi_rank");
  settings.set_disable_warnings(true);
#else
  Kokkos::InitArguments settings;
  if (num_threads > 0) settings.num_threads = num_threads;
  settings.disable_warnings = true;
#endif
  Kokkos::initialize(settings);
}

}  // namespace engram
