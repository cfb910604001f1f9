#pragma once

#include <cstddef>
#include <iterator>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "core/compat.hpp"

// Copies between host and device, as bytes: Kokkos::deep_copy compiles kernels for every layout and
// rank that it might meet, which would be most of the time that a small file takes to compile.

namespace engram {

namespace detail {

/// Both wait for all work of the device, before and after.
void copy_bytes_to_host(void* host, void const* device, std::size_t num_bytes);
void copy_bytes_to_device(void* device, void const* host, std::size_t num_bytes);

template <class View>
std::size_t num_bytes(View const& view) {
  static_assert(std::is_trivially_copyable_v<typename View::value_type>, "copied as bytes");
  if (!view.span_is_contiguous()) throw std::invalid_argument("a copy of a view with gaps");
  return view.span() * sizeof(typename View::value_type);
}

}  // namespace detail

/// The view's values, in memory of their own.
/// @throws std::invalid_argument  if the view has gaps
template <class View>
auto host_copy(View const& view) {
  auto copy = Kokkos::create_mirror(view);
  detail::copy_bytes_to_host(copy.data(), view.data(), detail::num_bytes(view));
  return copy;
}

/// Device from mirror: nothing where they are one memory, as on a host.
/// @throws std::invalid_argument  if the view has gaps, or they are of different sizes
template <class View, class Mirror>
void copy_to_device(View const& view, Mirror const& mirror) {
  static_assert(std::is_same_v<typename View::value_type, typename Mirror::value_type> &&
                std::is_same_v<typename View::array_layout, typename Mirror::array_layout>);
  if (detail::num_bytes(view) != detail::num_bytes(mirror))
    throw std::invalid_argument("a copy between views of different sizes");
  if (view.data() != mirror.data())
    detail::copy_bytes_to_device(view.data(), mirror.data(), detail::num_bytes(view));
}

/// A view of these values, which an index from 0 gives.
template <class View, class Values>
View device_copy(std::string const& label, Values const& values) {
  View view(Kokkos::view_alloc(Kokkos::WithoutInitializing, label), std::size(values));
  auto const mirror = Kokkos::create_mirror_view(view);
  for (std::size_t i = 0; i < mirror.size(); ++i) mirror(i) = values[i];
  copy_to_device(view, mirror);
  return view;
}

}  // namespace engram
