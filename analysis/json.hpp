#pragma once

#include <string>
#include <string_view>

namespace engram {

/// A JSON string with its quotes (RFC 8259). In text that is not UTF-8, every byte beyond ASCII
/// becomes U+FFFD.
std::string json_string(std::string_view text);

/// A JSON number with the fewest digits that read back to the same bits; null if not finite.
std::string json_number(double value);

}  // namespace engram
