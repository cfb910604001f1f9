#include "analysis/failures.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace engram {
namespace {

/// Texts that differ only in numbers are of one kind.
std::string kind_of(std::string const& text) {
  std::string kind;
  for (char const c : text) {
    bool const digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (!digit)
      kind += c;
    else if (!kind.ends_with('#'))
      kind += '#';
  }
  return kind;
}

struct Occurrences {
  std::uint64_t num = 0;
  std::uint64_t example_id = 0;
  std::string example;
};

/// The most frequent kinds first.
void write_occurrences(std::map<std::string, Occurrences> const& kinds, std::ostream& out,
                       std::size_t num_kinds) {
  std::vector<Occurrences> sorted;
  for (auto const& [kind, occurrences] : kinds) sorted.push_back(occurrences);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](auto const& a, auto const& b) { return a.num > b.num; });
  std::size_t const num_shown = std::min(num_kinds, sorted.size());
  for (std::size_t i = 0; i < num_shown; ++i)
    out << "  " << sorted[i].num << " × " << sorted[i].example << " (trial " << sorted[i].example_id
        << ")\n";
  if (sorted.size() > num_shown) out << "  and " << sorted.size() - num_shown << " further kinds\n";
}

void count(std::map<std::string, Occurrences>& kinds, std::string const& text, std::uint64_t id) {
  auto& occurrences = kinds[kind_of(text)];
  if (occurrences.num++ == 0) {
    occurrences.example_id = id;
    occurrences.example = text;
  }
}

/// A row has its warnings in one text, separated by "; ".
std::vector<std::string> warnings_of(std::string const& text) {
  std::vector<std::string> warnings;
  for (std::size_t begin = 0; begin < text.size();) {
    auto const end = std::min(text.find("; ", begin), text.size());
    if (end > begin) warnings.push_back(text.substr(begin, end - begin));
    begin = end + 2;
  }
  return warnings;
}

}  // namespace

void write_failures(Results const& results, std::ostream& out, std::size_t num_kinds) {
  std::map<std::string, Occurrences> failures, warnings;
  for (std::size_t row = 0; row < results.num_rows(); ++row) {
    auto const id = results.id[row];
    if (results.status[row] != Status::complete)
      count(failures, std::string(to_string(results.status[row])) + ": " + results.reason[row], id);
    for (auto const& warning : warnings_of(results.warnings[row])) count(warnings, warning, id);
  }
  if (!failures.empty()) {
    out << "\nTrials that did not complete\n";
    write_occurrences(failures, out, num_kinds);
  }
  if (!warnings.empty()) {
    out << "\nWarnings\n";
    write_occurrences(warnings, out, num_kinds);
  }
}

}  // namespace engram
