#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engram {

/// One `key = value` of a study file or of the command line.
struct StudyEntry {
  std::string section;
  std::string key;
  std::string value;
  std::string origin;  ///< the file's name or "command line"
  int line = 0;        ///< 0: command line

  /// "studies/a.ini:12: space.leak: ", the beginning of a message about this entry.
  std::string where() const;
};

/// The entries of an INI text in their order, read by Boost.Program_options. Throws UserError for
/// text that is no INI file: its line, what is there and what was expected; for keys given twice,
/// both lines.
std::vector<StudyEntry> read_entries(std::string const& text, std::string const& origin);

/// Adds ("section.key", value) of the command line; it replaces the file's value, also where the
/// file has the same parameter in the other of [experiment] and [space].
void override_entry(std::vector<StudyEntry>& entries, std::string_view name,
                    std::string_view value);

}  // namespace engram
