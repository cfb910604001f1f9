#include "analysis/scatter.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <vector>

#include "analysis/format.hpp"

namespace engram {
namespace {

constexpr std::array<std::size_t, 2> frame = {60, 16};

struct Interval {
  double low, high;

  bool has(double x) const { return low <= x && x <= high; }

  /// Of `num` characters.
  std::size_t place(double x, std::size_t num) const {
    double const share = high > low ? (x - low) / (high - low) : 0.5;
    return static_cast<std::size_t>(std::lround(share * static_cast<double>(num - 1)));
  }
};

Interval interval(std::span<PlanePoint const> front, std::span<PlanePoint const> points,
                  std::size_t k) {
  auto const value = [k](PlanePoint const& p) { return p[k]; };
  double const low = value(std::ranges::min(front, {}, value));
  double const high = value(std::ranges::max(front, {}, value));
  Interval const allowed{low - (high - low), high + (high - low)};
  Interval result{low, high};
  for (auto const& point : points) {
    if (!allowed.has(point[k])) continue;
    result.low = std::min(result.low, point[k]);
    result.high = std::max(result.high, point[k]);
  }
  return result;
}

}  // namespace

void write_scatter(std::span<PlanePoint const> front, std::span<PlanePoint const> points,
                   std::array<std::string, 2> const& labels, std::ostream& out) {
  if (front.empty()) return;
  auto const x = interval(front, points, 0), y = interval(front, points, 1);
  std::vector<std::string> rows(frame[1], std::string(frame[0], ' '));
  auto const draw = [&](std::span<PlanePoint const> some, char mark) {
    for (auto const& p : some)
      if (x.has(p[0]) && y.has(p[1]))
        rows[frame[1] - 1 - y.place(p[1], frame[1])][x.place(p[0], frame[0])] = mark;
  };
  draw(points, '.');
  draw(front, 'o');
  auto const top = format_number(y.high), bottom = format_number(y.low);
  auto const margin = std::max(top.size(), bottom.size());
  out << "  " << labels[1] << '\n';
  for (std::size_t r = 0; r < rows.size(); ++r) {
    auto const label = r == 0 ? top : (r + 1 == rows.size() ? bottom : std::string());
    auto const& row = rows[r];
    out << "  " << std::string(margin - label.size(), ' ') << label << " │"
        << row.substr(0, row.find_last_not_of(' ') + 1) << '\n';
  }
  out << std::string(margin + 3, ' ') << "└";
  for (std::size_t c = 0; c < frame[0]; ++c) out << "─";
  auto const left = format_number(x.low), right = format_number(x.high);
  auto const gap = frame[0] - std::min(frame[0], left.size() + right.size());
  out << '\n'
      << std::string(margin + 4, ' ') << left << std::string(gap, ' ') << right << '\n'
      << std::string(margin + 4, ' ') << labels[0] << '\n';
}

}  // namespace engram
