#include "jobs/results_schema.hpp"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "jobs/byte_stream.hpp"
#include "jobs/file_system.hpp"
#include "parallel/failure.hpp"

namespace engram {
namespace {

using Values = decltype(Column::values);

/// By the number that stands for it in a journal, which is its index in ParameterValue.
Values values_of_type(std::size_t type) {
  switch (type) {
    case 0:
      return std::vector<double>{};
    case 1:
      return std::vector<std::int64_t>{};
    case 2:
      return std::vector<std::uint8_t>{};
    case 3:
      return std::vector<std::string>{};
    default:
      throw std::runtime_error("a column has an unknown type");
  }
}

void encode_columns(std::vector<Column> const& columns, ByteWriter& out) {
  out.number(static_cast<std::uint32_t>(columns.size()));
  for (auto const& column : columns) {
    out.text(column.name);
    out.text(column.unit);
    out.text(column.meaning);
    out.number(static_cast<std::uint8_t>(column.direction));
    out.number(static_cast<std::uint8_t>(column.values.index()));
  }
}

std::vector<Column> decode_columns(ByteReader& in) {
  std::vector<Column> columns(in.count(14));
  for (auto& column : columns) {
    column.name = in.text();
    column.unit = in.text();
    column.meaning = in.text();
    column.direction = static_cast<Direction>(in.number<std::uint8_t>());
    column.values = values_of_type(in.number<std::uint8_t>());
  }
  return columns;
}

/// Length of the well-formed UTF-8 sequence at the front of `text`, 0 if there is none (Unicode
/// 15, table 3-7).
std::size_t utf8_length(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto const first = byte(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  std::size_t const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  unsigned const low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  unsigned const high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0u) != 0x80u) return 0;
  }
  return length;
}

std::filesystem::path with_suffix(std::filesystem::path path, std::string const& suffix) {
  path += suffix;
  return path;
}

}  // namespace

Results empty_results(Study const& study) {
  Results results;
  results.study_name = study.name;
  results.experiment = std::string(study.experiment->name());
  results.objective = study.objective;
  results.config = study.to_ini();
  results.direction = study.direction;
  results.seed = study.seed;
  results.num_trials_planned = study.num_trials();
  results.replicates = study.replicates;
  auto const specs = study.experiment->parameters();
  for (auto const& dimension : study.space) {
    auto const spec = std::find_if(specs.begin(), specs.end(), [&](ParameterSpec const& s) {
      return s.name == dimension.name();
    });
    if (spec == specs.end()) {
      throw std::logic_error("the search space names no parameter '" + dimension.name() + "'");
    }
    results.parameters.push_back({spec->name, spec->unit, spec->meaning, Direction::none,
                                  values_of_type(spec->default_value.index())});
  }
  for (auto const& metric : study.metrics) {
    results.metrics.push_back(
        {metric.name, metric.unit, metric.meaning, metric.direction, std::vector<double>{}});
  }
  return results;
}

void encode_header(Results const& results, Bytes& bytes) {
  ByteWriter out(bytes);
  out.text(results.study_name);
  out.text(results.experiment);
  out.text(results.objective);
  out.text(results.config);
  out.number(static_cast<std::uint8_t>(results.direction));
  out.number(results.seed);
  out.number(results.num_trials_planned);
  out.number(results.replicates);
  encode_columns(results.parameters, out);
  encode_columns(results.metrics, out);
}

Results decode_header(std::span<std::byte const> bytes) {
  ByteReader in(bytes);
  Results results;
  results.study_name = in.text();
  results.experiment = in.text();
  results.objective = in.text();
  results.config = in.text();
  results.direction = static_cast<Direction>(in.number<std::uint8_t>());
  results.seed = in.number<std::uint64_t>();
  results.num_trials_planned = in.number<std::uint64_t>();
  results.replicates = in.number<std::uint64_t>();
  results.parameters = decode_columns(in);
  results.metrics = decode_columns(in);
  return results;
}

void encode_provenance(std::map<std::string, std::string> const& provenance, Bytes& bytes) {
  ByteWriter out(bytes);
  out.number(static_cast<std::uint32_t>(provenance.size()));
  for (auto const& [key, value] : provenance) {
    out.text(key);
    out.text(value);
  }
}

std::map<std::string, std::string> decode_provenance(std::span<std::byte const> bytes) {
  ByteReader in(bytes);
  std::map<std::string, std::string> provenance;
  for (std::size_t left = in.count(8); left > 0; --left) {
    auto key = in.text();
    provenance[std::move(key)] = in.text();
  }
  return provenance;
}

bool same_columns(Results const& a, Results const& b) {
  auto const same = [](std::vector<Column> const& left, std::vector<Column> const& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](Column const& x, Column const& y) {
                        return x.name == y.name && x.values.index() == y.values.index();
                      });
  };
  return same(a.parameters, b.parameters) && same(a.metrics, b.metrics);
}

namespace {

bool has_one_point(Results const& results) {
  return results.parameters.empty() && results.num_trials_planned == results.replicates;
}

}  // namespace

StudyMatch match_study(Results const& theirs, Results const& ours) {
  if (theirs.config == ours.config) return StudyMatch::same;
  auto const keys = differing_keys(theirs.config, ours.config);
  if (keys.empty()) return StudyMatch::same;
  // More replicates of the only point come after the present ones, with ids and seeds of their own.
  bool const one_point = has_one_point(theirs) && has_one_point(ours);
  bool const only_trials = std::all_of(keys.begin(), keys.end(), [&](std::string const& key) {
    return key.starts_with("study.trials:") || (one_point && key.starts_with("study.replicates:"));
  });
  return only_trials && theirs.num_trials_planned < ours.num_trials_planned
             ? StudyMatch::fewer_trials
             : StudyMatch::different;
}

std::string printable_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    auto const length = utf8_length(text);
    auto const piece = length > 0 ? text.substr(0, length) : std::string_view("?");
    if (result.size() + piece.size() > max_text_bytes) break;
    result += piece;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::filesystem::path journal_path(std::filesystem::path const& results) {
  return with_suffix(results, ".journal");
}

std::filesystem::path lock_path(std::filesystem::path const& results) {
  return with_suffix(results, ".lock");
}

std::filesystem::path side_folder(std::filesystem::path const& results) {
  return with_suffix(results, ".arrays");
}

std::filesystem::path side_file(std::filesystem::path const& results, std::uint64_t trial,
                                std::uint32_t attempt) {
  return side_folder(results) / (std::to_string(trial) + "-" + std::to_string(attempt) + ".h5");
}

std::filesystem::path temporary_path(std::filesystem::path const& path) {
  auto node = host_name();
  std::ranges::replace(node, '.', '_');  // the extension begins with ".tmp-"
  return with_suffix(path, ".tmp-" + std::to_string(::getpid()) + "-" + node);
}

void remove_temporaries(std::filesystem::path const& path) {
  auto const prefix = path.filename().string() + ".tmp-";
  std::error_code error;  // a folder that can't be listed keeps them
  std::filesystem::directory_iterator entry(folder_of(path), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().filename().string().starts_with(prefix)) remove_file(entry->path());
  }
}

}  // namespace engram
