#include "core/nearest_name.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace engram {

namespace {

/// Levenshtein's distance: insertions, deletions and substitutions of one letter.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t const substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<std::string const> candidates) {
  std::string const* nearest = nullptr;
  std::size_t smallest = 0;
  for (auto const& candidate : candidates) {
    std::size_t const longer = std::max(name.size(), candidate.size());
    std::size_t const shorter = std::min(name.size(), candidate.size());
    if (3 * (longer - shorter) > longer) continue;  // bounds the work on absurdly long names
    std::size_t const distance = edit_distance(name, candidate);
    if (3 * distance > longer) continue;
    if (nearest == nullptr || distance < smallest) {
      nearest = &candidate;
      smallest = distance;
    }
  }
  return nearest == nullptr ? std::string() : *nearest;
}

std::string did_you_mean(std::string_view name, std::span<std::string const> candidates) {
  std::string const nearest = nearest_name(name, candidates);
  return nearest.empty() ? std::string() : "; did you mean '" + nearest + "'?";
}

}  // namespace engram
