#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engram {

/// Columns of numbers that a person supplied as a file; `jobs/` reads the file, once, on rank 0.
struct Table {
  std::string origin;  ///< the file, for messages
  std::vector<std::string> names;
  std::vector<std::vector<double>> columns;  ///< all of one length

  std::size_t num_rows() const { return columns.empty() ? 0 : columns.front().size(); }

  /// Throws UserError that names the nearest column.
  std::span<double const> column(std::string_view name) const;
};

/// The tables that a study's parameters name, by parameter. Copies share the tables.
class Inputs {
 public:
  void set(std::string parameter, Table table);

  /// Throws std::out_of_range if the parameter names no file.
  Table const& at(std::string_view parameter) const;

  std::map<std::string, std::shared_ptr<Table const>, std::less<>> const& items() const {
    return items_;
  }

 private:
  std::map<std::string, std::shared_ptr<Table const>, std::less<>> items_;
};

}  // namespace engram
