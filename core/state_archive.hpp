#pragma once

#include <Eigen/Core>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace engram {

/// Writes an algorithm's state to a flat record of numbers, or reads it back: one list of members
/// serves both, so that they can't differ. Whole numbers are exact up to 2^53.
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
    if (!(number >= 0.0 && number <= exact)) throw_unfit();
    value = static_cast<Integer>(number);
  }

  /// With its length, which may change.
  void operator()(std::vector<double>& values) {
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
  template <class Derived>
  void operator()(Eigen::PlainObjectBase<Derived>& values) {
    for (Eigen::Index i = 0; i < values.size(); ++i) (*this)(values.data()[i]);
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
