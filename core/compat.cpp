#include "core/compat.hpp"

namespace engram {

namespace {

/// Devices that this process may use; 0 without a backend that can count them.
int num_devices() {
  int count = 0;
#if defined(KOKKOS_ENABLE_CUDA)
  if (cudaGetDeviceCount(&count) != cudaSuccess) count = 0;
#elif defined(KOKKOS_ENABLE_HIP)
  if (hipGetDeviceCount(&count) != hipSuccess) count = 0;
#endif
  return count;
}

}  // namespace

void initialize_kokkos(int num_threads, int rank_on_node) {
  int const count = num_devices();
#if KOKKOS_VERSION >= 30700
  Kokkos::InitializationSettings settings;
  if (num_threads > 0) settings.set_num_threads(num_threads);
  if (count > 0) settings.set_device_id(rank_on_node % count);
  settings.set_disable_warnings(true);
#else
  Kokkos::InitArguments settings;
  if (num_threads > 0) settings.num_threads = num_threads;
  if (count > 0) settings.device_id = rank_on_node % count;
  settings.disable_warnings = true;
#endif
  Kokkos::initialize(settings);
}

}  // namespace engram
