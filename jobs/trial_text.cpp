#include "jobs/trial_text.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace engram {
namespace {

/// Appends to a fixed buffer; what does not fit is left out.
class Appender {
 public:
  explicit Appender(std::span<char> out) : out_(out) {}

  void add(std::string_view text) {
    auto const size = std::min(text.size(), out_.size() - used_);
    std::memcpy(out_.data() + used_, text.data(), size);
    used_ += size;
  }

  template <class T>
  requires std::is_arithmetic_v<T>
  void add(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      add(std::string_view(value ? "true" : "false"));
    } else {
      auto const result = std::to_chars(out_.data() + used_, out_.data() + out_.size(), value);
      if (result.ec == std::errc{}) used_ = static_cast<std::size_t>(result.ptr - out_.data());
    }
  }

  std::span<char> used() const { return out_.first(used_); }

 private:
  std::span<char> out_;
  std::size_t used_ = 0;
};

}  // namespace

std::span<char> write_trial(Trial const& trial, SearchSpace const& space, std::span<char> out) {
  Appender text(out);
  text.add("trial ");
  text.add(trial.id);
  text.add(" (");
  for (auto const& dimension : space) {
    text.add(dimension.name());
    text.add(" = ");
    for (auto const& [name, value] : trial.parameters.items()) {
      if (name != dimension.name()) continue;
      if (auto const* word = std::get_if<std::string>(&value)) {
        text.add(std::string_view(*word));
      } else if (auto const* number = std::get_if<double>(&value)) {
        text.add(*number);
      } else if (auto const* whole = std::get_if<std::int64_t>(&value)) {
        text.add(*whole);
      } else if (auto const* flag = std::get_if<bool>(&value)) {
        text.add(*flag);
      }
    }
    text.add(", ");
  }
  text.add("seed ");
  text.add(trial.seed);
  text.add(")");
  return text.used();
}

std::string describe_trial(Trial const& trial, SearchSpace const& space) {
  std::array<char, 4096> buffer;
  auto const text = write_trial(trial, space, buffer);
  return std::string(text.begin(), text.end());
}

}  // namespace engram
