#include "analysis/table.hpp"

#include <algorithm>
#include <ostream>

#include "analysis/format.hpp"

namespace engram {
namespace {

constexpr std::size_t max_header_width = 14;
constexpr std::size_t indent = 2;
constexpr std::size_t gap = 2;

/// Lines of at most `max_header_width`, broken behind '_' or at a space where there is one.
std::vector<std::string> header_lines(std::string const& header) {
  std::vector<std::string> lines(1);
  std::string word;
  auto const flush = [&] {
    if (!lines.back().empty() && display_width(lines.back() + word) > max_header_width)
      lines.emplace_back();
    lines.back() += word;
    word.clear();
  };
  for (char const c : header) {
    word += c;
    if (c == '_' || c == ' ') flush();
  }
  flush();
  for (auto& line : lines)
    while (line.ends_with(' ')) line.pop_back();
  return lines;
}

std::string padded(std::string const& text, std::size_t width, TextTable::Align align) {
  std::string const padding(width - std::min(width, display_width(text)), ' ');
  return align == TextTable::Align::right ? padding + text : text + padding;
}

}  // namespace

void TextTable::add_column(std::string const& header, Align align) {
  columns_.push_back({header_lines(header), align});
}

void TextTable::add_row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::size_t TextTable::column_width(std::size_t column) const {
  std::size_t width = 0;
  for (auto const& line : columns_[column].header) width = std::max(width, display_width(line));
  for (auto const& row : rows_) width = std::max(width, display_width(row[column]));
  return width;
}

void TextTable::print_block(std::ostream& out, std::vector<std::size_t> const& columns) const {
  std::size_t height = 0;
  for (auto const column : columns) height = std::max(height, columns_[column].header.size());
  auto const print_line = [&](auto const& text_of) {
    std::string line(indent, ' ');
    for (auto const column : columns)
      line += padded(text_of(column), column_width(column), columns_[column].align) +
              std::string(gap, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  for (std::size_t line = 0; line < height; ++line)
    print_line([&](std::size_t column) {
      auto const& header = columns_[column].header;
      std::size_t const missing = height - header.size();  // headers stand on the table
      return line < missing ? std::string() : header[line - missing];
    });
  for (auto const& row : rows_) print_line([&](std::size_t column) { return row[column]; });
}

void TextTable::print(std::ostream& out, std::size_t width) const {
  std::vector<std::size_t> keys, block;
  std::size_t key_width = indent;
  for (std::size_t column = 0; column < std::min(num_key_columns_, columns_.size()); ++column) {
    keys.push_back(column);
    key_width += column_width(column) + gap;
  }
  block = keys;
  std::size_t used = key_width;
  for (std::size_t column = keys.size(); column < columns_.size(); ++column) {
    if (used + column_width(column) > width && block.size() > keys.size()) {
      print_block(out, block);
      out << '\n';
      block = keys;
      used = key_width;
    }
    block.push_back(column);
    used += column_width(column) + gap;
  }
  print_block(out, block);
}

}  // namespace engram
