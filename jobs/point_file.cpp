#include "jobs/point_file.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"
#include "jobs/byte_stream.hpp"
#include "jobs/crc32c.hpp"
#include "jobs/input_tables.hpp"

namespace engram {

namespace {

using Cells = std::vector<std::string_view>;

constexpr std::size_t most_point_bytes = std::size_t{64} << 20;

std::vector<std::string> names_of_dimensions(SearchSpace const& space) {
  std::vector<std::string> names;
  for (auto const& dimension : space) names.push_back(dimension.name());
  return names;
}

/// The dimension of each column.
std::vector<std::size_t> read_names(Cells const& cells, SearchSpace const& space) {
  auto const names = names_of_dimensions(space);
  std::vector<std::size_t> columns;
  for (auto const cell : cells) {
    auto const found = std::ranges::find(names, cell);
    auto const j = static_cast<std::size_t>(found - names.begin());
    if (found == names.end())
      throw UserError("column " + in_quotes(cell) + ": expected the name of a parameter of " +
                      "[space]" + did_you_mean(cell, names));
    if (std::ranges::find(columns, j) != columns.end())
      throw UserError("column " + in_quotes(cell) + ": expected each column once");
    columns.push_back(j);
  }
  for (std::size_t j = 0; j < space.size(); ++j)
    if (std::ranges::find(columns, j) == columns.end())
      throw UserError("expected a column for each parameter of [space], but there is none for '" +
                      names[j] + "'");
  return columns;
}

/// A row: the values that it has, empty where a cell is.
class PointRow {
 public:
  PointRow(SearchSpace const& space, std::vector<ParameterSpec> const& specs)
      : space_(space), specs_(specs) {}

  Point read(Cells const& cells, std::vector<std::size_t> const& columns) const {
    if (cells.size() != columns.size())
      throw UserError("expected " + std::to_string(columns.size()) + " cells, got " +
                      std::to_string(cells.size()));
    Point point(space_.size());
    std::vector<std::size_t> empty;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      auto const j = columns[i];
      auto const& condition = space_[j].condition();
      if (cells[i].empty() && condition) {
        point[j] = condition->otherwise;
        empty.push_back(j);
      } else {
        point[j] = value(j, cells[i]);
      }
    }
    for (auto const j : empty)
      if (is_active(space_, point, j)) value(j, "");  // refuses it
    set_inactive(space_, point);
    return point;
  }

 private:
  ParameterValue value(std::size_t j, std::string_view cell) const {
    auto const& dimension = space_[j];
    auto const column = "column '" + dimension.name() + "': ";
    auto const spec = std::ranges::find(specs_, dimension.name(), &ParameterSpec::name);
    std::optional<ParameterValue> value;
    try {
      value = spec->parse(cell);
    } catch (UserError const& error) {
      throw UserError(column + error.what());
    }
    if (!dimension.contains(*value))
      throw UserError(column + "expected a value of " + dimension.to_string() + ", got " +
                      in_quotes(cell));
    return *value;
  }

  SearchSpace const& space_;
  std::vector<ParameterSpec> const& specs_;
};

}  // namespace

PointFile read_point_file(std::string const& file_name, std::filesystem::path const& folder) {
  std::error_code error;
  bool const as_given = std::filesystem::exists(file_name, error);
  auto const path = as_given ? file_name : (folder / file_name).string();
  if (!std::filesystem::is_regular_file(path, error))
    throw UserError(path + ": expected a table of points, but there is no such file");
  if (std::filesystem::file_size(path, error) > most_point_bytes)
    throw UserError(path + ": expected a table of points of at most 64 MiB");
  std::ifstream in(path, std::ios::binary);
  if (!in) throw UserError(path + ": expected a table of points, but the file can't be opened");
  return {path, {std::istreambuf_iterator<char>(in), {}}};
}

std::vector<Point> parse_points(PointFile const& file, SearchSpace const& space,
                                std::vector<ParameterSpec> const& specs,
                                std::function<bool(Point const&)> const& admits) {
  std::vector<Point> points;
  std::vector<std::size_t> columns;
  PointRow const row(space, specs);
  std::istringstream stream(file.text);
  std::string line;
  for (std::size_t i_line = 1; std::getline(stream, line); ++i_line) {
    if (i_line == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);  // UTF-8's mark
    if (trimmed(line).empty() || trimmed(line).front() == '#') continue;
    try {
      if (!is_utf8(line)) throw UserError("expected text in UTF-8, got other bytes");
      auto const cells = cells_of(line);
      if (columns.empty()) {
        columns = read_names(cells, space);
        continue;
      }
      points.push_back(row.read(cells, columns));
      if (admits && !admits(points.back()))
        throw UserError("expected a point that the [constraints] admit");
    } catch (UserError const& error) {
      throw UserError(file.origin + ":" + std::to_string(i_line) + ": " + error.what());
    }
  }
  if (points.empty()) throw UserError(file.origin + ": expected a table of points, got no rows");
  return points;
}

std::string digest(std::vector<Point> const& points) {
  std::uint32_t sum = 0;
  for (auto const& point : points)
    for (auto const& value : point) {
      auto const line = to_string(value) + '\n';
      sum = crc32c(std::as_bytes(std::span(line)), sum);
    }
  std::array<char, 9> text{};
  std::snprintf(text.data(), text.size(), "%08x", sum);
  return std::to_string(points.size()) + " points, CRC32C " + text.data();
}

void encode(PointFiles const& files, Bytes& out) {
  ByteWriter writer(out);
  writer.number(static_cast<std::uint32_t>(files.size()));
  for (auto const& [key, file] : files) {
    writer.text(key);
    writer.text(file.origin);
    writer.text(file.text);
  }
}

PointFiles decode_point_files(std::span<std::byte const>& in) {
  ByteReader reader(in);
  PointFiles files;
  for (auto left = reader.number<std::uint32_t>(); left > 0; --left) {
    auto const key = std::string(reader.text());
    auto const origin = std::string(reader.text());
    files[key] = {origin, std::string(reader.text())};
  }
  return files;
}

}  // namespace engram
