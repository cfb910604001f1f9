#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace engram {

/// Text in aligned columns within a line width. Long headers break at '_' and spaces; columns that
/// don't fit continue in a further block, which repeats the first `num_key_columns`.
class TextTable {
 public:
  enum class Align { left, right };

  explicit TextTable(std::size_t num_key_columns = 1) : num_key_columns_(num_key_columns) {}

  void add_column(std::string const& header, Align align = Align::right);

  /// One cell a column.
  void add_row(std::vector<std::string> cells);

  void print(std::ostream& out, std::size_t width) const;

 private:
  struct Column {
    std::vector<std::string> header;  ///< lines
    Align align;
  };

  std::size_t column_width(std::size_t column) const;
  void print_block(std::ostream& out, std::vector<std::size_t> const& columns) const;

  std::size_t num_key_columns_;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace engram
