#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace engram {

/// Without spaces, tabs and line ends at both sides.
std::string_view trimmed(std::string_view text);

/// A finite decimal number, whatever the locale; empty for anything else, trailing text included.
std::optional<double> read_real(std::string_view text);

/// A decimal integer; empty for anything else.
std::optional<std::int64_t> read_integer(std::string_view text);

/// The shortest text that `read_real` reads back to the same bits.
std::string to_text(double value);

/// 'text' for a message: on one line, shortened if long, control characters as '?'.
std::string in_quotes(std::string_view text);

/// The items with `separator` between them.
std::string joined(std::span<std::string const> items, std::string_view separator);

/// Well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

}  // namespace engram
