#include "analysis/export.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <ostream>
#include <variant>

#include "analysis/json.hpp"
#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"

namespace engram {
namespace {

using Cell = std::variant<double, std::int64_t, std::uint64_t, bool, std::string>;

struct ExportColumn {
  std::string name;
  bool is_timing = false;
  std::function<Cell(std::size_t row)> cell;
};

/// RFC 4180: fields with separators, quotes or line ends are quoted, quotes doubled.
std::string csv_field(std::string const& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (char const c : text) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + '"';
}

struct CsvText {
  std::string operator()(double v) const { return std::isnan(v) ? "" : to_text(v); }
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(std::string const& v) const { return csv_field(v); }
  std::string operator()(auto v) const { return std::to_string(v); }
};

struct JsonText {
  std::string operator()(double v) const { return json_number(v); }
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(std::string const& v) const { return json_string(v); }
  std::string operator()(auto v) const { return std::to_string(v); }
};

Cell cell_of(Column const& column, std::size_t row) {
  return std::visit(
      [row](auto const& values) -> Cell {
        if constexpr (std::is_same_v<decltype(values), std::vector<std::uint8_t> const&>)
          return values[row] != 0;
        else
          return values[row];
      },
      column.values);
}

std::vector<ExportColumn> identity_columns(Results const& r) {
  return {{"id", false, [&](auto row) { return Cell(r.id[row]); }},
          {"point", false, [&](auto row) { return Cell(r.point[row]); }},
          {"replicate", false, [&](auto row) { return Cell(std::uint64_t{r.replicate[row]}); }},
          {"seed", false, [&](auto row) { return Cell(r.seeds[row]); }},
          {"budget", false, [&](auto row) { return Cell(r.budget[row]); }},
          {"parent", false, [&](auto row) { return Cell(r.parent[row]); }},
          {"status", false, [&](auto row) { return Cell(std::string(to_string(r.status[row]))); }},
          {"reason", false, [&](auto row) { return Cell(r.reason[row]); }},
          {"warnings", false, [&](auto row) { return Cell(r.warnings[row]); }}};
}

std::vector<ExportColumn> timing_columns(Results const& r) {
  return {{"rank", true, [&](auto row) { return Cell(std::int64_t{r.rank[row]}); }},
          {"attempt", true, [&](auto row) { return Cell(std::uint64_t{r.attempt[row]}); }},
          {"start", true, [&](auto row) { return Cell(r.start_s[row]); }},
          {"seconds", true, [&](auto row) { return Cell(r.seconds[row]); }}};
}

std::vector<ExportColumn> all_columns(Results const& results) {
  auto columns = identity_columns(results);
  auto const timing = timing_columns(results);
  std::map<std::string, int> uses;
  for (auto const& column : columns) ++uses[column.name];
  for (auto const& column : timing) ++uses[column.name];
  for (auto const& column : results.parameters) ++uses[column.name];
  for (auto const& column : results.metrics) ++uses[column.name];
  auto const add = [&](Column const& column, std::string const& prefix) {
    auto const name = (uses[column.name] > 1 ? prefix : "") + column.name;
    columns.push_back({name, false, [&column](auto row) { return cell_of(column, row); }});
  };
  for (auto const& column : results.parameters) add(column, "param_");
  for (auto const& column : results.metrics) add(column, "metric_");
  columns.insert(columns.end(), timing.begin(), timing.end());
  return columns;
}

std::vector<ExportColumn> selected_columns(Results const& results, ExportOptions const& options) {
  auto columns = all_columns(results);
  if (options.columns.empty()) {
    if (!options.timing) std::erase_if(columns, [](auto const& c) { return c.is_timing; });
    return columns;
  }
  std::vector<ExportColumn> selected;
  for (auto const& name : options.columns) {
    auto const found = std::find_if(columns.begin(), columns.end(),
                                    [&](auto const& column) { return column.name == name; });
    if (found == columns.end())
      throw UserError("there is no column " + in_quotes(name) + " in these results" +
                      did_you_mean(name, export_columns(results)));
    selected.push_back(*found);
  }
  return selected;
}

void write_csv(Results const& results, std::vector<ExportColumn> const& columns,
               std::ostream& out) {
  std::string line;
  auto const end_field = [&](bool last) { line += last ? "\r\n" : ","; };
  for (auto const& column : columns) {
    line += csv_field(column.name);
    end_field(&column == &columns.back());
  }
  for (std::size_t row = 0; row < results.num_rows(); ++row) {
    out << line;
    line.clear();
    for (auto const& column : columns) {
      line += std::visit(CsvText{}, column.cell(row));
      end_field(&column == &columns.back());
    }
  }
  out << line;
}

std::string direction_name(Direction direction) {
  if (direction == Direction::minimise) return "minimise";
  return direction == Direction::maximise ? "maximise" : "none";
}

void write_json(Results const& results, std::vector<ExportColumn> const& columns,
                std::ostream& out) {
  out << "{\n\"study\": " << json_string(results.study_name)
      << ",\n\"experiment\": " << json_string(results.experiment)
      << ",\n\"objective\": " << json_string(results.objective)
      << ",\n\"direction\": " << json_string(direction_name(results.direction))
      << ",\n\"seed\": " << results.seed << ",\n\"replicates\": " << results.replicates
      << ",\n\"num_trials_planned\": " << results.num_trials_planned
      << ",\n\"finished\": " << (results.finished ? "true" : "false") << ",\n\"trials\": [";
  std::vector<std::string> keys;
  for (auto const& column : columns) keys.push_back(json_string(column.name) + ": ");
  for (std::size_t row = 0; row < results.num_rows(); ++row) {
    std::string line = row == 0 ? "\n{" : ",\n{";
    for (std::size_t i = 0; i < columns.size(); ++i)
      line += (i == 0 ? "" : ", ") + keys[i] + std::visit(JsonText{}, columns[i].cell(row));
    out << line << '}';
  }
  out << "\n]\n}\n";
}

}  // namespace

std::vector<std::string> export_columns(Results const& results) {
  std::vector<std::string> names;
  for (auto const& column : all_columns(results)) names.push_back(column.name);
  return names;
}

void write_export(Results const& results, std::ostream& out, ExportOptions const& options) {
  auto const columns = selected_columns(results, options);
  if (options.format == ExportFormat::csv)
    write_csv(results, columns, out);
  else
    write_json(results, columns, out);
}

}  // namespace engram
