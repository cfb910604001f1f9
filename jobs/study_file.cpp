#include "jobs/study_file.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <map>
#include <sstream>

#include "core/error.hpp"
#include "core/text.hpp"

namespace engram {
namespace {

namespace po = boost::program_options;

std::size_t const longest_text = std::size_t{1} << 20;
std::size_t const longest_line = 10'000;

std::string at_line(std::string const& origin, int line) {
  return origin + ":" + std::to_string(line) + ": ";
}

/// What no line may hold; empty if there is nothing of the kind.
std::string unreadable(std::string_view line) {
  if (line.size() > longest_line)
    return "expected lines of at most " + std::to_string(longest_line) + " bytes, got " +
           std::to_string(line.size());
  for (char const c : line) {
    auto const byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
      return "expected text, got the control character " + std::to_string(byte);
  }
  if (!is_utf8(line)) return "expected text in UTF-8, got other bytes";
  return {};
}

/// Boost tells neither lines nor duplicates. This pass over the lines follows its rules (comments
/// from '#', [section], name = value) and notes where each name stands.
class LineIndex {
 public:
  LineIndex(std::string const& text, std::string const& origin) : origin_(origin) {
    std::istringstream stream(text);
    std::string line;
    while (std::getline(stream, line)) {
      ++line_;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (auto const problem = unreadable(line); !problem.empty()) refuse(problem);
      add(trimmed(std::string_view(line).substr(0, line.find('#'))));
    }
  }

  int line_of(std::string const& name) const { return lines_.at(name); }

 private:
  void add(std::string_view content) {
    if (content.empty()) return;
    if (content.front() == '[' && content.back() == ']') {
      section_ = content.substr(1, content.size() - 2);
      if (section_.empty()) refuse("expected the name of a section between [ and ]");
      if (section_.find('.') != std::string::npos)
        refuse("expected a section without '.' in its name, got " + in_quotes(section_));
      return;
    }
    auto const equals = content.find('=');
    if (equals == std::string_view::npos)
      refuse("expected [section] or key = value, got " + in_quotes(content));
    auto const key = trimmed(content.substr(0, equals));
    if (key.empty()) refuse("expected a key before '=', got " + in_quotes(content));
    if (section_.empty())
      refuse("expected a [section] before the first key, got " + in_quotes(content));
    auto const name = section_ + "." + std::string(key);
    auto const [known, is_new] = lines_.emplace(name, line_);
    if (!is_new)
      refuse(name + ": expected each key once, but line " + std::to_string(known->second) +
             " has it too");
  }

  [[noreturn]] void refuse(std::string const& problem) const {
    throw UserError(at_line(origin_, line_) + problem);
  }

  std::string origin_;
  std::string section_;
  int line_ = 0;
  std::map<std::string, int> lines_;
};

}  // namespace

std::string StudyEntry::where() const {
  auto name = section + "." + key;
  if (name.size() > 60 || name.find('\t') != std::string::npos) name = in_quotes(name);
  return (line > 0 ? at_line(origin, line) : origin + ": ") + name + ": ";
}

std::vector<StudyEntry> read_entries(std::string const& text, std::string const& origin) {
  if (text.size() > longest_text)
    throw UserError(origin + ": expected a study file of at most 1 MiB");
  std::string_view const byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark))
    return read_entries(text.substr(byte_order_mark.size()), origin);

  LineIndex const index(text, origin);
  std::vector<StudyEntry> entries;
  try {
    std::istringstream stream(text);
    bool const allow_unregistered = true;
    auto const parsed =
        po::parse_config_file(stream, po::options_description(), allow_unregistered);
    for (auto const& option : parsed.options) {
      auto const& name = option.string_key;
      auto const dot = name.find('.');
      entries.push_back({name.substr(0, dot), name.substr(dot + 1),
                         option.value.empty() ? "" : option.value.front(), origin,
                         index.line_of(name)});
    }
  } catch (po::error const&) {
    throw UserError(origin + ": expected lines of the form [section] or key = value");
  }
  return entries;
}

void override_entry(std::vector<StudyEntry>& entries, std::string_view name,
                    std::string_view value) {
  std::string const origin = "command line";
  if (name.starts_with("--")) name.remove_prefix(2);
  auto const dot = name.find('.');
  if (dot == std::string_view::npos)
    throw UserError(origin + ": expected --section.key value, got " + in_quotes(name));
  StudyEntry entry{std::string(name.substr(0, dot)), std::string(name.substr(dot + 1)),
                   std::string(trimmed(value)), origin, 0};
  if (!unreadable(name).empty())
    throw UserError(origin + ": expected --section.key value, got " + in_quotes(name));
  auto problem = unreadable(entry.value);
  if (entry.value.find('#') != std::string::npos)
    problem = "expected a value without '#', which begins a comment in study files";
  if (!problem.empty()) throw UserError(entry.where() + problem);

  auto const is_parameter = [](std::string const& section) {
    return section == "experiment" || section == "space";
  };
  auto const same_name = [&](StudyEntry const& e) {
    return e.key == entry.key && is_parameter(e.section) && is_parameter(entry.section);
  };
  auto const same = [&](StudyEntry const& e) {
    return e.section == entry.section && e.key == entry.key;
  };
  auto const known = std::find_if(entries.begin(), entries.end(), same);
  if (known != entries.end()) {
    *known = std::move(entry);
    return;
  }
  std::erase_if(entries, [&](StudyEntry const& e) { return e.line > 0 && same_name(e); });
  entries.push_back(std::move(entry));
}

}  // namespace engram
