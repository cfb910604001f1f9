#pragma once

#include <array>
#include <iosfwd>
#include <span>
#include <string>

namespace engram {

using PlanePoint = std::array<double, 2>;

/// Draws points as '.', those of `front` as 'o', in a frame of 60 by 16 characters. The frame is as
/// large as the front, and at each side as much again if there are points: far ones would hide it.
void write_scatter(std::span<PlanePoint const> front, std::span<PlanePoint const> points,
                   std::array<std::string, 2> const& labels, std::ostream& out);

}  // namespace engram
