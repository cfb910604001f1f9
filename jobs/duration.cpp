#include "jobs/duration.hpp"

#include <cmath>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/text.hpp"

namespace engram {
namespace {

std::optional<double> unit_seconds(char unit) {
  switch (unit) {
    case 's':
      return 1.0;
    case 'm':
      return 60.0;
    case 'h':
      return 3600.0;
    case 'd':
      return 86400.0;
    default:
      return std::nullopt;
  }
}

std::optional<double> amount(std::string_view text) {
  auto const value = read_real(text);
  if (!value || !std::isfinite(*value) || *value < 0.0) return std::nullopt;
  return value;
}

/// "HH:MM:SS" or "MM:SS".
std::optional<double> clock_seconds(std::string_view text) {
  double seconds = 0.0;
  for (int num_parts = 1;; ++num_parts) {
    auto const colon = text.find(':');
    auto const part = amount(text.substr(0, colon));
    if (!part || num_parts > 3) return std::nullopt;
    seconds = 60.0 * seconds + *part;
    if (colon == std::string_view::npos)
      return num_parts > 1 ? std::optional(seconds) : std::nullopt;
    text = text.substr(colon + 1);
  }
}

std::optional<double> seconds_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (auto const unit = unit_seconds(text.back())) {
    auto const value = amount(text.substr(0, text.size() - 1));
    return value ? std::optional(*value * *unit) : std::nullopt;
  }
  if (text.find(':') == std::string_view::npos) return amount(text);
  auto const dash = text.find('-');
  if (dash == std::string_view::npos) return clock_seconds(text);
  auto const days = amount(text.substr(0, dash));
  auto const rest = clock_seconds(text.substr(dash + 1));
  return days && rest ? std::optional(86400.0 * *days + *rest) : std::nullopt;
}

}  // namespace

double parse_duration(std::string_view text, std::string_view what) {
  if (auto const seconds = seconds_of(text)) return *seconds;
  throw UserError(std::string(what) +
                  ": expected a time like 90s, 15m, 2h, 01:30:00 or 1-12:00:00, got " +
                  in_quotes(text));
}

}  // namespace engram
