#pragma once

#include <span>
#include <string>
#include <string_view>

namespace engram {

/// The candidate with the smallest edit distance to `name`, or empty if none is near (more than a
/// third of its letters would have to change).
std::string nearest_name(std::string_view name, std::span<std::string const> candidates);

/// "; did you mean 'leak'?" or an empty string: the tail of a message about an unknown name.
std::string did_you_mean(std::string_view name, std::span<std::string const> candidates);

}  // namespace engram
