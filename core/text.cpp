#include "core/text.hpp"

#include <charconv>
#include <cmath>
#include <system_error>

namespace engram {
namespace {

template <class T>
std::optional<T> read_number(std::string_view text) {
  // from_chars knows no plus sign.
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  T value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<double> read_real(std::string_view text) {
  auto const value = read_number<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::int64_t> read_integer(std::string_view text) {
  return read_number<std::int64_t>(text);
}

std::string to_text(double value) {
  char buffer[32];
  auto const end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string in_quotes(std::string_view text) {
  std::size_t const longest = 60;
  std::size_t length = text.size();
  if (length > longest) {
    length = longest;
    while (length > 0 && is_continuation(text[length])) --length;
  }
  std::string result = "'";
  for (char const c : text.substr(0, length)) {
    auto const byte = static_cast<unsigned char>(c);
    result += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  if (length < text.size()) result += "…";
  return result + "'";
}

std::string joined(std::span<std::string const> items, std::string_view separator) {
  std::string text;
  for (auto const& item : items) {
    if (&item != items.data()) text += separator;
    text += item;
  }
  return text;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    auto const lead = static_cast<unsigned char>(text[i]);
    std::size_t const length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if (!is_continuation(text[i + k])) return false;
    if (length > 2) {
      // Overlong forms, surrogates, and what lies beyond U+10FFFF.
      auto const next = static_cast<unsigned char>(text[i + 1]);
      if ((lead == 0xe0 && next < 0xa0) || (lead == 0xed && next >= 0xa0) ||
          (lead == 0xf0 && next < 0x90) || (lead == 0xf4 && next >= 0x90))
        return false;
    }
    i += length;
  }
  return true;
}

}  // namespace engram
