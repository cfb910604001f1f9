#pragma once

#include <string_view>

namespace engram {

/// Seconds of "90", "90s", "15m", "2h", "1d", or of Slurm's "MM:SS", "HH:MM:SS", "D-HH:MM:SS".
/// Throws UserError.
/// @param what  names it in messages
double parse_duration(std::string_view text, std::string_view what);

}  // namespace engram
