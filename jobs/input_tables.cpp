#include "jobs/input_tables.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "jobs/byte_stream.hpp"
#include "jobs/crc32c.hpp"
#include "jobs/hdf5_handle.hpp"
#include "jobs/study.hpp"

namespace engram {

namespace {

bool is_hdf5(std::string const& path) {
  constexpr std::array<char, 8> signature{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
  std::array<char, 8> first{};
  std::ifstream file(path, std::ios::binary);
  return file.read(first.data(), first.size()) && first == signature;
}

std::string_view unquoted(std::string_view cell) {
  bool const is_quoted = cell.size() >= 2 && cell.front() == '"' && cell.back() == '"';
  return is_quoted ? cell.substr(1, cell.size() - 2) : cell;
}

/// Names the columns. True if `cells` are the names, false if they are the first row.
bool name_columns(std::vector<std::string_view> const& cells, Table& table) {
  bool const has_names =
      std::any_of(cells.begin(), cells.end(), [](auto cell) { return !read_real(cell); });
  for (std::size_t i = 0; i < cells.size(); ++i) {
    table.names.push_back(has_names ? std::string(cells[i]) : "column_" + std::to_string(i + 1));
  }
  table.columns.resize(cells.size());
  return has_names;
}

Table read_text_table(std::string const& path) {
  std::ifstream file(path);
  if (!file) throw UserError(path + ": expected a table of numbers, but the file can't be opened");
  Table table;
  table.origin = path;
  std::string line;
  for (std::size_t i_line = 1; std::getline(file, line); ++i_line) {
    if (i_line == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);  // UTF-8's mark
    if (trimmed(line).empty() || trimmed(line).front() == '#') continue;
    auto const cells = cells_of(line);
    if (table.names.empty() && name_columns(cells, table)) continue;
    auto const where = path + ":" + std::to_string(i_line) + ": ";
    if (cells.size() != table.names.size()) {
      throw UserError(where + "expected " + std::to_string(table.names.size()) + " cells, got " +
                      std::to_string(cells.size()));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      auto const value = read_real(cells[i]);
      if (!value) {
        throw UserError(where + "column '" + table.names[i] + "': expected a number, got " +
                        in_quotes(cells[i]));
      }
      table.columns[i].push_back(*value);
    }
  }
  if (table.num_rows() == 0) throw UserError(path + ": expected a table of numbers, got no rows");
  return table;
}

Table read_hdf5_table(std::string const& path, std::string const& group) {
  hdf5::Session const session;
  Table table;
  table.origin = path;
  try {
    auto const file = hdf5::open_file(path);
    auto const parent = hdf5::open_group(file.get(), group);
    for (auto const& name : hdf5::link_names(parent.get())) {
      hdf5::Handle<H5Oclose> const object(H5Oopen(parent.get(), name.c_str(), H5P_DEFAULT));
      if (H5Iget_type(object.get()) != H5I_DATASET) continue;
      hdf5::Dataset const dataset(H5Dopen2(parent.get(), name.c_str(), H5P_DEFAULT));
      hdf5::Type const type(H5Dget_type(dataset.get()));
      auto const type_class = H5Tget_class(type.get());
      auto const shape = hdf5::shape_of(dataset);
      if (shape.size() != 1 || shape[0] == 0) continue;
      if (type_class != H5T_FLOAT && type_class != H5T_INTEGER) continue;
      if (!table.columns.empty() && shape[0] != table.num_rows()) {
        throw UserError(path + ": dataset '" + name + "' has " + std::to_string(shape[0]) +
                        " values, but those before it have " + std::to_string(table.num_rows()));
      }
      table.names.push_back(name);
      table.columns.emplace_back(shape[0]);
      hdf5::read_range(dataset, H5T_NATIVE_DOUBLE, 0, shape[0], table.columns.back().data());
    }
  } catch (hdf5::Error const& error) {
    throw UserError(path + ": expected an HDF5 group '" + group + "' of columns: " + error.what());
  }
  if (table.columns.empty()) {
    throw UserError(path + ": group '" + group + "' has no one-dimensional datasets of numbers");
  }
  return table;
}

using Digest = std::pair<std::string, std::string>;

/// Throws UserError if the study file says that the table is another one; takes away what it says.
void check_digest(std::vector<Digest>& given, Digest const& found, std::string const& origin) {
  for (auto entry = given.begin(); entry != given.end(); ++entry) {
    if (entry->first != found.first) continue;
    if (entry->second != found.second) {
      throw UserError("inputs." + found.first + ": expected " + in_quotes(entry->second) +
                      ", but " + origin + " has " + in_quotes(found.second));
    }
    given.erase(entry);
    return;
  }
}

}  // namespace

/// Commas, semicolons or tabs, whichever the line has; blanks otherwise.
std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  auto const marks = line.find_first_of(",;\t");
  if (marks == line.npos) {
    for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
      auto const end = std::min(line.size(), line.find_first_of(" \t"));
      cells.push_back(unquoted(line.substr(0, end)));
      line.remove_prefix(end);
    }
    return cells;
  }
  for (char const mark = line[marks];;) {
    auto const end = line.find(mark);
    cells.push_back(unquoted(trimmed(line.substr(0, end))));
    if (end == line.npos) return cells;
    line.remove_prefix(end + 1);
  }
}

Table read_table(std::string const& path) {
  auto const colon = path.rfind(":/");
  auto const file = path.substr(0, colon);
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    throw UserError(file + ": expected a table of numbers, but there is no such file");
  }
  if (is_hdf5(file))
    return read_hdf5_table(file, colon == path.npos ? "/" : path.substr(colon + 1));
  return read_text_table(file);
}

std::string digest(Table const& table) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    sum = crc32c(std::as_bytes(std::span(table.names[i])), sum);
    sum = crc32c(std::as_bytes(std::span(table.columns[i])), sum);
  }
  std::array<char, 9> text{};
  std::snprintf(text.data(), text.size(), "%08x", sum);
  return std::to_string(table.num_rows()) + " rows, CRC32C " + text.data();
}

void load_inputs(Study& study, std::filesystem::path const& folder,
                 std::function<std::string(std::string const& parameter)> const& where) {
  auto given_digests = std::exchange(study.input_digests, {});
  std::string last;
  try {
    for (auto const& spec : study.experiment->parameters()) {
      if (!spec.input_file || study.fixed.text(spec.name).empty()) continue;
      last = spec.name;
      auto const& given = study.fixed.text(spec.name);
      auto const beside_study = (folder / given).string();
      std::error_code error;
      bool const as_given = std::filesystem::exists(given.substr(0, given.rfind(":/")), error);
      auto table = read_table(as_given ? given : beside_study);
      study.input_digests.emplace_back(spec.name, digest(table));
      check_digest(given_digests, study.input_digests.back(), table.origin);
      study.inputs.set(spec.name, std::move(table));
    }
    if (!given_digests.empty()) {
      last = given_digests.front().first;
      throw UserError("inputs." + last + ": expected no entry, because " + last + " names no file");
    }
    study.experiment->validate_inputs(study.fixed, study.inputs);
  } catch (UserError const& error) {
    throw UserError(last.empty() ? error.what() : where(last) + error.what());
  }
}

void encode(Inputs const& inputs, Bytes& out) {
  ByteWriter writer(out);
  writer.number(static_cast<std::uint32_t>(inputs.items().size()));
  for (auto const& [parameter, table] : inputs.items()) {
    writer.text(parameter);
    writer.text(table->origin);
    writer.number(static_cast<std::uint32_t>(table->names.size()));
    for (std::size_t i = 0; i < table->names.size(); ++i) {
      writer.text(table->names[i]);
      writer.vector(table->columns[i]);
    }
  }
}

Inputs decode_inputs(std::span<std::byte const>& in) {
  ByteReader reader(in);
  Inputs inputs;
  for (auto left = reader.number<std::uint32_t>(); left > 0; --left) {
    auto parameter = reader.text();
    Table table;
    table.origin = reader.text();
    for (auto columns = reader.number<std::uint32_t>(); columns > 0; --columns) {
      table.names.emplace_back(reader.text());
      table.columns.push_back(reader.vector<double>());
    }
    inputs.set(std::string(parameter), std::move(table));
  }
  return inputs;
}

}  // namespace engram
