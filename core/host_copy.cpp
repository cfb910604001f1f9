#include "core/host_copy.hpp"

namespace engram::detail {

namespace {

template <class Space, class Byte>
using BytesOf = Kokkos::View<Byte*, Space, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
using Device = ExecutionSpace::memory_space;
using Host = Kokkos::HostSpace;

}  // namespace

void copy_bytes_to_host(void* host, void const* device, std::size_t num_bytes) {
  Kokkos::deep_copy(BytesOf<Host, char>(static_cast<char*>(host), num_bytes),
                    BytesOf<Device, char const>(static_cast<char const*>(device), num_bytes));
}

void copy_bytes_to_device(void* device, void const* host, std::size_t num_bytes) {
  Kokkos::deep_copy(BytesOf<Device, char>(static_cast<char*>(device), num_bytes),
                    BytesOf<Host, char const>(static_cast<char const*>(host), num_bytes));
}

}  // namespace engram::detail
