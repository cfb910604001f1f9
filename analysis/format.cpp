#include "analysis/format.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>

namespace engram {
namespace {

template <class... Args>
std::string printed(char const* format, Args... args) {
  std::array<char, 400> buffer;
  std::snprintf(buffer.data(), buffer.size(), format, args...);
  return buffer.data();
}

}  // namespace

std::string format_number(double value, int num_digits) {
  return std::isnan(value) ? "-" : printed("%.*g", num_digits, value);
}

std::string format_mean(MeanAndError const& value) {
  double const error = value.standard_error;
  if (!std::isfinite(value.mean) || !std::isfinite(error) || error <= 0.0)
    return format_number(value.mean);
  double const magnitude = std::max(std::abs(value.mean), error);
  int const decimals = std::max(0, 1 - static_cast<int>(std::floor(std::log10(error))));
  if (magnitude < 1e-4 || magnitude >= 1e6 || decimals > 8)
    return printed("%.4g ± %.2g", value.mean, error);
  return printed("%.*f ± %.*f", decimals, value.mean, decimals, error);
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  if (seconds < 1e-3) return printed("%.3g µs", seconds * 1e6);
  if (seconds < 1.0) return printed("%.3g ms", seconds * 1e3);
  if (seconds < 100.0) return printed("%.3g s", seconds);
  auto const total = std::llround(seconds);
  if (total < 3600) return printed("%lld min %02lld s", total / 60, total % 60);
  if (total < 86400) return printed("%lld h %02lld min", total / 3600, total % 3600 / 60);
  return printed("%lld d %02lld h", total / 86400, total % 86400 / 3600);
}

std::string format_time(double seconds) {
  auto const time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 40> buffer;
  std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return buffer.data();
}

std::string bar(double fraction, std::size_t width) {
  static constexpr std::array<char const*, 8> eighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  double const share = std::isnan(fraction) ? 0.0 : std::clamp(fraction, 0.0, 1.0);
  auto const length =
      static_cast<std::size_t>(std::lround(share * 8.0 * static_cast<double>(width)));
  std::string result;
  for (std::size_t i = 0; i < length / 8; ++i) result += "█";
  return result + eighths[length % 8];
}

std::string sparkline(std::span<double const> values) {
  static constexpr std::array<char const*, 8> levels = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty()) return {};
  double const high = *std::max_element(values.begin(), values.end());
  std::string result;
  for (double const value : values) {
    double const level = high > 0.0 ? value / high : 0.0;
    result += levels[static_cast<std::size_t>(std::lround(7.0 * level))];
  }
  return result;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string format_cell(Column const& column, std::size_t row) {
  struct {
    std::size_t row;
    std::string operator()(std::vector<double> const& v) const { return format_number(v[row]); }
    std::string operator()(std::vector<std::int64_t> const& v) const {
      return std::to_string(v[row]);
    }
    std::string operator()(std::vector<std::uint8_t> const& v) const {
      return v[row] ? "true" : "false";
    }
    std::string operator()(std::vector<std::string> const& v) const { return v[row]; }
  } const format{row};
  return std::visit(format, column.values);
}

double numeric_cell(Column const& column, std::size_t row) {
  struct {
    std::size_t row;
    double operator()(std::vector<double> const& v) const { return v[row]; }
    double operator()(std::vector<std::int64_t> const& v) const {
      return static_cast<double>(v[row]);
    }
    double operator()(std::vector<std::uint8_t> const& v) const { return v[row] ? 1.0 : 0.0; }
    double operator()(std::vector<std::string> const&) const {
      return std::numeric_limits<double>::quiet_NaN();
    }
  } const number{row};
  return std::visit(number, column.values);
}

}  // namespace engram
