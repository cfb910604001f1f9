#include "analysis/config_text.hpp"

#include "core/text.hpp"

namespace engram {

std::vector<std::pair<std::string, std::string>> section_of(std::string_view config,
                                                            std::string_view section) {
  std::vector<std::pair<std::string, std::string>> entries;
  bool inside = false;
  while (!config.empty()) {
    auto const end = config.find('\n');
    auto const line = trimmed(config.substr(0, end));
    config = end == std::string_view::npos ? std::string_view() : config.substr(end + 1);
    if (line.starts_with('[') && line.ends_with(']')) {
      inside = trimmed(line.substr(1, line.size() - 2)) == section;
      continue;
    }
    auto const equals = line.find('=');
    if (!inside || line.starts_with('#') || equals == std::string_view::npos) continue;
    entries.emplace_back(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
  }
  return entries;
}

std::vector<PublishedFigure> published_figures(std::string_view config) {
  std::vector<PublishedFigure> figures;
  for (auto const& [label, text] : section_of(config, "reference")) {
    std::string_view const value = text;
    auto const space = value.find(' ');
    auto const open = value.find('(');
    if (space == std::string_view::npos) continue;
    auto const number = read_real(trimmed(value.substr(space, open - space)));
    if (!number) continue;
    PublishedFigure figure{label, std::string(value.substr(0, space)), {}, *number};
    if (open != std::string_view::npos) {
      auto const source = trimmed(value.substr(open + 1));
      figure.source = source.substr(0, source.size() - (source.ends_with(')') ? 1 : 0));
    }
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace engram
