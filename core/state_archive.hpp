#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace engram {

/// Eigen's vectors and matrices of double, without their headers.
template <class Matrix>
concept DenseMatrix = requires(Matrix& matrix) {
  { matrix.data() } -> std::same_as<double*>;
  { matrix.rows() } -> std::convertible_to<std::ptrdiff_t>;
};

/// Writes an algorithm's state to a flat record of numbers, or reads it back: one list of members
/// serves both, so that they can't differ. Whole numbers are exact up to 2^53 on both sides of 0.
class StateArchive {
 public:
  /// Writes, appending to `record`.
  explicit StateArchive(std::vector<double>& record) : written_(&record) {}

  /// Reads from `record`.
  explicit StateArchive(std::span<double const> record) : read_(record) {}

  bool reads() const { return written_ == nullptr; }

  void operator()(double& value) {
    if (written_)
      written_->push_back(value);
    else
      value = next();
  }

  template <std::integral Integer>
  void operator()(Integer& value) {
    auto number = static_cast<double>(value);
    (*this)(number);
    constexpr double exact = 9007199254740992.0;
    double const lowest = std::signed_integral<Integer> ? -exact : 0.0;
    if (!(number >= lowest && number <= exact)) throw_unfit();
    value = static_cast<Integer>(number);
  }

  void operator()(float& value) {
    double number = value;
    (*this)(number);
    value = static_cast<float>(number);
  }

  /// With its length, which may change.
  template <class Number>
  requires std::is_arithmetic_v<Number>
  void operator()(std::vector<Number>& values) {
    std::size_t size = values.size();
    (*this)(size);
    if (!written_ && size > read_.size()) throw_unfit();
    values.resize(size);
    for (auto& value : values) (*this)(value);
  }

  void operator()(std::string& text) {
    std::vector<double> codes(text.begin(), text.end());
    (*this)(codes);
    text.assign(codes.begin(), codes.end());
  }

  /// Of a size that both sides know.
  void operator()(std::span<double> values) {
    for (auto& value : values) (*this)(value);
  }
  template <DenseMatrix Matrix>
  void operator()(Matrix& values) {
    (*this)(std::span<double>(values.data(), static_cast<std::size_t>(values.size())));
  }

  /// Throws std::invalid_argument if numbers are left over.
  void finish() const {
    if (!read_.empty()) throw_unfit();
  }

 private:
  [[noreturn]] static void throw_unfit() {
    throw std::invalid_argument("these numbers are not a state of this algorithm and size");
  }

  double next() {
    if (read_.empty()) throw_unfit();
    double const value = read_.front();
    read_ = read_.subspan(1);
    return value;
  }

  std::vector<double>* written_ = nullptr;
  std::span<double const> read_;
};

}  // namespace engram
