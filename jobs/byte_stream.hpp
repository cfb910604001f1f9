#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/communicator.hpp"

namespace engram {

static_assert(std::endian::native == std::endian::little,
              "journals and messages are little-endian, written as they are in memory");

/// Appends numbers, texts and vectors to bytes.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}

  template <class T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    put(&value, sizeof value);
  }

  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    put(value.data(), value.size());
  }

  template <class T>
  void vector(std::vector<T> const& values) {
    static_assert(std::is_arithmetic_v<T>);
    number(static_cast<std::uint64_t>(values.size()));
    put(values.data(), values.size() * sizeof(T));
  }

 private:
  void put(void const* data, std::size_t size) {
    if (size == 0) return;
    auto const end = out_.size();
    out_.resize(end + size);
    std::memcpy(out_.data() + end, data, size);
  }

  Bytes& out_;
};

/// Reads what ByteWriter wrote and moves the front of `in` behind it. Throws std::runtime_error if
/// the bytes end too early.
class ByteReader {
 public:
  explicit ByteReader(std::span<std::byte const>& in) : in_(in) {}

  template <class T>
  T number() {
    T value;
    take(&value, sizeof value);
    return value;
  }

  std::string text() {
    std::string value(checked(number<std::uint32_t>(), 1), '\0');
    take(value.data(), value.size());
    return value;
  }

  template <class T>
  std::vector<T> vector() {
    std::vector<T> values(checked(number<std::uint64_t>(), sizeof(T)));
    take(values.data(), values.size() * sizeof(T));
    return values;
  }

  /// A number of things that take at least `min_size` bytes each.
  std::size_t count(std::size_t min_size) { return checked(number<std::uint32_t>(), min_size); }

 private:
  std::size_t checked(std::uint64_t count, std::size_t size) const {
    if (count > in_.size() / size) throw std::runtime_error("the bytes end too early");
    return static_cast<std::size_t>(count);
  }

  void take(void* data, std::size_t size) {
    if (size > in_.size()) throw std::runtime_error("the bytes end too early");
    if (size > 0) std::memcpy(data, in_.data(), size);
    in_ = in_.subspan(size);
  }

  std::span<std::byte const>& in_;
};

}  // namespace engram
