#include "analysis/json.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "core/text.hpp"

namespace engram {

std::string json_string(std::string_view text) {
  bool const valid = is_utf8(text);
  std::string result = "\"";
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (byte < 0x20) {
      std::array<char, 8> escape;
      std::snprintf(escape.data(), escape.size(), "\\u%04x", byte);
      result += escape.data();
    } else if (byte >= 0x80 && !valid) {
      result += "\\ufffd";
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string json_number(double value) {
  return std::isfinite(value) ? to_text(value) : "null";
}

}  // namespace engram
