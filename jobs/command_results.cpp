#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <limits>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>

#include "analysis/export.hpp"
#include "analysis/report.hpp"
#include "analysis/status.hpp"
#include "core/error.hpp"
#include "jobs/command.hpp"
#include "jobs/crashes.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/file_system.hpp"
#include "jobs/part_files.hpp"
#include "jobs/results_file.hpp"
#include "jobs/results_schema.hpp"

namespace engram {
namespace {

/// The newest change of a study's files, which all begin with the results file's name, and of the
/// journals of its parts.
std::optional<double> last_write_s(std::filesystem::path const& file) {
  std::optional<double> last;
  std::error_code ignored;
  auto const look_at = [&](std::filesystem::path const& path) {
    auto const time = std::filesystem::last_write_time(path, ignored);
    if (ignored) return;  // it was removed meanwhile
    auto const since = std::chrono::file_clock::to_sys(time).time_since_epoch();
    last = std::max(last, std::optional(std::chrono::duration<double>(since).count()));
  };
  for (auto const& entry : std::filesystem::directory_iterator(folder_of(file), ignored))
    if (entry.path().filename().string().starts_with(file.filename().string()))
      look_at(entry.path());
  for (int const part : parts_with_journals(file)) look_at(part_journal(file, part));
  return last;
}

StudyState write_status_of(std::filesystem::path const& file, std::ostream& out, bool as_json) {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  StatusOptions const options{as_json, std::chrono::duration<double>(now).count()};
  // The lock first: a run that ends in between has written its last results by then.
  SignsOfLife signs{study_runs(file)};
  if (signs.lock_is_held) {
    signs.running = read_running(file);
    signs.last_write_s = last_write_s(file);
  }
  auto const results = read_results(file);
  auto const status = study_status(results, signs);
  write_status(results, status, out, options);
  return status.state;
}

/// Shows it again and again, on a terminal in place, until the study is finished. A study that was
/// interrupted may go on: a batch system runs its job again.
int watch(std::filesystem::path const& file, bool as_json, std::chrono::seconds interval) {
  bool const in_place = ::isatty(STDOUT_FILENO) != 0;
  for (bool is_first = true;; is_first = false) {
    std::ostringstream text;
    auto const state = write_status_of(file, text, as_json);
    if (in_place)
      std::cout << "\x1b[H\x1b[2J";
    else if (!is_first && !as_json)
      std::cout << '\n';
    std::cout << text.view() << std::flush;
    if (state == StudyState::finished || !std::cout) return exit_complete;
    std::this_thread::sleep_for(interval);
  }
}

int status(Invocation const& call) {
  std::filesystem::path const file = call.arguments[0];
  auto const interval = std::chrono::seconds(call.integer("interval", 1, 86400, 2));
  if (call.has("watch")) return watch(file, call.has("json"), interval);
  write_status_of(file, std::cout, call.has("json"));
  return exit_complete;
}

int report(Invocation const& call) {
  auto const results = read_results(call.arguments[0]);
  ReportOptions options;
  constexpr int most = std::numeric_limits<int>::max();
  options.num_best_points = static_cast<std::size_t>(
      call.integer("top", 0, most, static_cast<int>(options.num_best_points)));
  write_report(results, std::cout, options);
  return exit_complete;
}

ExportFormat export_format(Invocation const& call) {
  if (!call.has("format")) return ExportFormat::csv;
  auto const& format = call.options.at("format");
  if (format == "csv") return ExportFormat::csv;
  if (format == "json") return ExportFormat::json;
  throw UserError("--format: expected csv or json, got '" + format + "'");
}

std::vector<std::string> split_at_commas(std::string const& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

int export_results(Invocation const& call) {
  ExportOptions options;
  options.format = export_format(call);
  options.timing = call.has("timing");
  if (call.has("columns")) options.columns = split_at_commas(call.options.at("columns"));
  auto const results = read_results(call.arguments[0]);
  if (!call.has("output")) {
    write_export(results, std::cout, options);
    return exit_complete;
  }
  auto const& path = call.options.at("output");
  std::error_code error;
  if (std::filesystem::equivalent(path, call.arguments[0], error)) {
    throw UserError("--output: expected another file than the results, got '" + path + "'");
  }
  // Whole before the file is opened: what is wrong with the options must not empty it.
  std::ostringstream text;
  write_export(results, text, options);
  std::ofstream out(path, std::ios::binary);
  if (!out) throw UserError("--output: cannot write to '" + path + "'");
  out << text.view();
  out.close();
  if (!out) throw StorageError("cannot write all of " + path + ": is the disk full?");
  return exit_complete;
}

}  // namespace

Command status_command() {
  return {
      .name = "status",
      .arguments = {"RESULTS.h5"},
      .summary = "Shows how far a study is, also while it runs.",
      .options = {{"json", "", "as one JSON object"},
                  {"watch", "", "again and again, until the study is finished"},
                  {"interval", "SECONDS", "of --watch, 2 by default"}},
      .run = status,
  };
}

Command report_command() {
  return {
      .name = "report",
      .arguments = {"RESULTS.h5"},
      .summary =
          "Shows the best points, what each parameter does, failures, and published figures beside "
          "the result.",
      .options = {{"top", "N", "number of best points, 10 by default"}},
      .run = report,
  };
}

Command export_command() {
  return {
      .name = "export",
      .arguments = {"RESULTS.h5"},
      .summary = "Writes the trials as CSV or JSON, one row a trial.",
      .options =
          {
              {"format", "csv|json", "csv by default"},
              {"output", "FILE", "write to a file instead of the standard output", 'o'},
              {"columns", "A,B", "only these columns, in this order"},
              {"timing", "", "also rank, attempt, start and seconds"},
          },
      .run = export_results,
  };
}

}  // namespace engram
