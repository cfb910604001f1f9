#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "jobs/journal.hpp"
#include "jobs/results_file.hpp"
#include "jobs/trial_record.hpp"

namespace engram {

/// Where the series and arrays of a row are kept.
struct RowSource {
  enum class Kind : std::uint8_t { none, journal, results_file };

  static RowSource none() { return {}; }
  /// @param file  0: the study's journal; k + 1: that of its part k
  static RowSource journal(std::uint64_t offset, std::uint16_t file = 0) {
    return {Kind::journal, file, offset};
  }
  static RowSource results_file(std::uint64_t row) { return {Kind::results_file, 0, row}; }

  Kind kind = Kind::none;
  std::uint16_t file = 0;
  std::uint64_t position = 0;  ///< offset in the journal, or row of the results file
};

/// Gives the payload of the record that a row was taken from, which is in a journal.
using RecordReader = std::function<Bytes(RowSource)>;

/// The scalars of recorded trials, one vector a column, rows in the order of arrival. Ids are dense
/// (Study::trial), so that a vector finds the row of an id.
class TrialTable {
 public:
  /// @param results  a results file's rows, or none
  /// @param source   of all these rows: row i of the results file, or none
  TrialTable(Results results, RowSource::Kind source);

  bool contains(std::uint64_t id) const { return id < row_of_.size() && row_of_[id] != no_row; }
  std::uint64_t num_recorded() const { return num_recorded_; }
  std::uint32_t row(std::uint64_t id) const { return row_of_[id]; }

  /// False, and nothing happens, if the id is there already. Throws std::runtime_error if the
  /// record does not fit the columns.
  bool insert(TrialRecord const& record, RowSource source);

  /// Rows that are not complete leave the table; true if there were any.
  bool forget_failed();

  /// The trial leaves the table if it is there.
  void forget(std::uint64_t id);

  /// Trials with this id and later ones leave the table; true if there were any.
  bool forget_from(std::uint64_t id);

  /// Says in the row's warnings that an array of it could not be found; false if they said so
  /// before.
  bool mark_lost(std::uint32_t row, std::string const& array);
  /// Whether the trial is there, but not all of its arrays.
  bool has_losses(std::uint64_t id) const;

  /// Trials with losses leave the table; returns how many.
  std::uint64_t forget_losses();

  /// Rows in the order of their ids.
  std::vector<std::uint32_t> rows_by_id() const;

  /// All rows, those that were forgotten included; `rows_by_id` leads through it.
  Results const& results() const { return results_; }
  Results& header() { return results_; }  ///< to change what is not a row
  RowSource source(std::uint32_t row) const { return sources_[row]; }

  /// A results file with the rows `order` now exists: rows kept in the old one are found there.
  void move_to_new_file(std::vector<std::uint32_t> const& order);

  /// The rows in the order of their ids; the table is empty afterwards.
  Results release();

 private:
  static constexpr std::uint32_t no_row = ~std::uint32_t{0};

  void index(std::uint64_t id, std::uint32_t row);

  Results results_;
  std::vector<RowSource> sources_;
  std::vector<std::uint32_t> row_of_;  ///< by id
  std::uint64_t num_recorded_ = 0;
};

std::uint64_t num_values(Array const& array);  ///< that its shape says

/// Whether a record has only the shape of the array, and its values are in the trial's side file.
bool is_in_side_file(Array const& array);

/// Throws std::runtime_error if the record does not have the columns of its study.
void check_fits(Results const& results, TrialRecord const& record);

/// Replaces all of `results` that is neither a row nor provenance. Throws UserError, naming `path`,
/// if the rows' columns are others.
void replace_header(Results& results, Results const& header, std::filesystem::path const& path);

/// Does what a journal's record says; true if that changed the rows.
bool replay(JournalRecord const& record, std::filesystem::path const& path, TrialTable& table);

}  // namespace engram
