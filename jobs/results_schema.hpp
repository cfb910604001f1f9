#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "core/communicator.hpp"
#include "jobs/results_file.hpp"
#include "jobs/study.hpp"

namespace engram {

/// Text in a column of the results file has at most this many bytes; longer text is cut.
inline constexpr std::size_t max_text_bytes = 1000;

/// The results of a study before its first trial: everything but rows.
Results empty_results(Study const& study);

/// Everything but rows and provenance, as a journal's header carries it: whoever reads the journal
/// needs neither the study file nor the experiment.
void encode_header(Results const& results, Bytes& bytes);
Results decode_header(std::span<std::byte const> bytes);

void encode_provenance(std::map<std::string, std::string> const& provenance, Bytes& bytes);
std::map<std::string, std::string> decode_provenance(std::span<std::byte const> bytes);

/// Columns by name and type: false if `a` and `b` can't share a table.
bool same_columns(Results const& a, Results const& b);

/// Calls `visit` with the vector of each column that has one value a row.
template <class AnyResults, class Visit>
void for_columns(AnyResults& results, Visit const& visit) {
  visit(results.id);
  visit(results.point);
  visit(results.replicate);
  visit(results.seeds);
  visit(results.budget);
  visit(results.parent);
  visit(results.status);
  visit(results.reason);
  visit(results.warnings);
  visit(results.rank);
  visit(results.attempt);
  visit(results.start_s);
  visit(results.seconds);
  for (auto* const columns : {&results.parameters, &results.metrics}) {
    for (auto& column : *columns) std::visit(visit, column.values);
  }
}

/// How a study that was found relates to the one that is to run, by what decides its trials. With
/// `fewer_trials` it can be extended if its points do not depend on how many there are.
enum class StudyMatch { same, fewer_trials, different };
StudyMatch match_study(Results const& theirs, Results const& ours);

/// Valid UTF-8 without zeros, at most `max_text_bytes` long: what every reader of HDF5 can show.
/// Bytes that are neither become '?'.
std::string printable_text(std::string_view text);

// Files beside the results file.
std::filesystem::path journal_path(std::filesystem::path const& results);
std::filesystem::path lock_path(std::filesystem::path const& results);
std::filesystem::path side_folder(std::filesystem::path const& results);
std::filesystem::path side_file(std::filesystem::path const& results, std::uint64_t trial,
                                std::uint32_t attempt);
/// Where this process writes what is going to be `path`; those of other nodes write elsewhere.
std::filesystem::path temporary_path(std::filesystem::path const& path);
/// Removes what killed processes left of `temporary_path(path)`.
void remove_temporaries(std::filesystem::path const& path);

}  // namespace engram
