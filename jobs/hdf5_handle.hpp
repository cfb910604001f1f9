#pragma once

// Private to the results store's .cpp files: nobody else includes hdf5.h.

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace engram::hdf5 {

/// An HDF5 call failed: what HDF5 says, and the errno inside it if there is one.
class Error : public std::runtime_error {
 public:
  Error(std::string const& message, int errno_value)
      : std::runtime_error(message), errno_value_(errno_value) {}
  int errno_value() const { return errno_value_; }

 private:
  int errno_value_;
};

/// The error on top of HDF5's stack, which it empties.
Error last_error();

template <class T>
T check(T result) {
  static_assert(std::is_signed_v<T>);
  if (result < 0) throw last_error();
  return result;
}

/// While it lives, this thread alone calls HDF5 (the serial library is not thread-safe, and rank 0
/// writes results from its service thread) and HDF5 prints no errors.
class Session {
 public:
  Session();
  ~Session();
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;

 private:
  std::unique_lock<std::recursive_mutex> lock_;
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

/// Owns an identifier. The destructor ignores failures, `close` throws them.
template <herr_t (*Close)(hid_t)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(check(id)) {}
  ~Handle() {
    if (id_ >= 0) Close(id_);
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }

  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  void close() {
    if (id_ >= 0) check(Close(std::exchange(id_, -1)));
  }

 private:
  hid_t id_ = -1;
};

using File = Handle<H5Fclose>;
using Group = Handle<H5Gclose>;
using Dataset = Handle<H5Dclose>;
using Space = Handle<H5Sclose>;
using Type = Handle<H5Tclose>;
using Attribute = Handle<H5Aclose>;
using PropertyList = Handle<H5Pclose>;

/// To read, without HDF5's own file locks: our files are never changed once they have their name,
/// and some file systems have no locks.
File open_file(std::filesystem::path const& path);

/// Remembers the order of its links; object times are not tracked.
Group create_group(hid_t parent, std::string const& name);
Group open_group(hid_t parent, std::string const& name);
bool has_link(hid_t parent, std::string const& name);
/// In the order of creation where the group knows it, else by name.
std::vector<std::string> link_names(hid_t group);

Type text_type(std::size_t size);  ///< UTF-8 of fixed size, padded with zeros
Type boolean_type();               ///< h5py's: enum of int8 {FALSE, TRUE}
Type status_type();                ///< enum of uint8, by the numbers of Status

template <class T>
hid_t native_type() {
  if constexpr (std::is_same_v<T, double>) {
    return H5T_NATIVE_DOUBLE;
  } else if constexpr (std::is_same_v<T, std::uint64_t>) {
    return H5T_NATIVE_UINT64;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return H5T_NATIVE_INT64;
  } else if constexpr (std::is_same_v<T, std::uint32_t>) {
    return H5T_NATIVE_UINT32;
  } else {
    static_assert(std::is_same_v<T, std::int32_t>);
    return H5T_NATIVE_INT32;
  }
}

enum class Layout { contiguous, compressed };

/// Large text, curves and arrays are compressed.
constexpr Layout layout_for(std::size_t num_bytes) {
  return num_bytes > (std::size_t(1) << 16) ? Layout::compressed : Layout::contiguous;
}

inline constexpr std::size_t block_bytes = std::size_t(1) << 20;  ///< written at a time

/// A dataset of this shape; its times are not tracked. Compressed: shuffled and deflated in chunks
/// of `chunk` elements, and growing if one-dimensional.
Dataset create_dataset(hid_t parent, std::string const& name, hid_t type,
                       std::vector<hsize_t> const& shape, Layout layout, hsize_t chunk = 0);

/// Elements [first, first + count) of a one-dimensional dataset.
void write_range(Dataset const& dataset, hid_t memory_type, hsize_t first, hsize_t count,
                 void const* data);
void read_range(Dataset const& dataset, hid_t memory_type, hsize_t first, hsize_t count,
                void* data);

std::vector<hsize_t> shape_of(Dataset const& dataset);

void write_attribute(hid_t object, std::string const& name, std::string const& value);
void write_attribute(hid_t object, std::string const& name, std::uint64_t value);
void write_attribute(hid_t object, std::string const& name, bool value);
std::string read_text_attribute(hid_t object, std::string const& name);
std::uint64_t read_integer_attribute(hid_t object, std::string const& name);
bool read_boolean_attribute(hid_t object, std::string const& name);
std::vector<std::string> attribute_names(hid_t object);

/// Attributes "unit" (if it is not empty) and "description".
void describe(Dataset const& dataset, std::string const& unit, std::string const& description);

/// A variable-length UTF-8 string as a scalar dataset.
void write_text(hid_t parent, std::string const& name, std::string const& value);
std::string read_text(hid_t parent, std::string const& name);

}  // namespace engram::hdf5
