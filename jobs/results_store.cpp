#include "jobs/results_store.hpp"

#include <limits>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "jobs/part_files.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/results_store_state.hpp"

namespace engram {

bool is_extensible(Study const& study) {
  return study.searcher->extensible || study.space.empty();
}

ResultsStore::ResultsStore(Study const& study, OpenMode mode, Provenance const& provenance,
                           std::optional<Part> part) {
  constexpr int most_openings = 10;
  for (int tries = 1; !state_; ++tries) {
    try {
      // Without a space there is one point, which no searcher chooses.
      state_ = std::make_unique<State>(study.output, empty_results(study), mode,
                                       is_extensible(study), provenance, part);
    } catch (StorageError const&) {
      // Another part may just have finished the study and removed the folder of parts.
      std::error_code ignored;
      bool const is_gone = part && !std::filesystem::exists(parts_folder(study.output), ignored);
      if (!is_gone || tries == most_openings) throw;
    }
  }
}

ResultsStore::~ResultsStore() = default;

bool ResultsStore::contains(std::uint64_t id) const {
  return state_->table.contains(id);
}

std::uint64_t ResultsStore::num_recorded() const {
  return state_->table.num_recorded();
}

bool ResultsStore::is_suspect(std::uint64_t id) const {
  return state_->suspects.contains(id);
}

ResultsStore::Summary ResultsStore::summary(std::uint64_t id) const {
  if (!contains(id)) throw std::out_of_range("trial " + std::to_string(id) + " is not recorded");
  auto const& results = state_->table.results();
  auto const row = state_->table.row(id);
  Summary summary{results.status[row], std::numeric_limits<double>::quiet_NaN()};
  if (state_->objective && summary.status == Status::complete) {
    auto const& metric = results.metrics[static_cast<std::size_t>(*state_->objective)];
    summary.objective = std::get<std::vector<double>>(metric.values)[row];
  }
  return summary;
}

std::vector<double> ResultsStore::metrics(std::uint64_t id) const {
  if (!contains(id)) throw std::out_of_range("trial " + std::to_string(id) + " is not recorded");
  auto const row = state_->table.row(id);
  std::vector<double> values;
  for (auto const& metric : state_->table.results().metrics)
    values.push_back(std::get<std::vector<double>>(metric.values)[row]);
  return values;
}

void ResultsStore::forget_failed() {
  auto& journal = state_->open_journal_or_throw();
  if (!state_->table.forget_failed()) return;
  journal.append(RecordType::forget, {});
  journal.sync();
  state_->found.file_is_current = false;
}

void ResultsStore::end_study_at(std::uint64_t num_trials, std::string const& rule) {
  auto& table = state_->table;
  bool const is_new = table.forget_from(num_trials) || table.header().stopped_by != rule;
  if (is_new) state_->found.file_is_current = false;
  state_->stopped_by = rule;
}

void ResultsStore::append(TrialRecord const& record) {
  auto& journal = state_->open_journal_or_throw();
  if (contains(record.id)) return;
  check_fits(state_->table.results(), record);
  state_->table.insert(record, state_->in_own_journal(journal.append(record)));
  state_->found.file_is_current = false;
}

void ResultsStore::tick() {
  state_->tick();
}

void ResultsStore::sync() {
  state_->open_journal_or_throw().sync();
}

void ResultsStore::write_results(bool final) {
  state_->write(final);
}

std::optional<Part> ResultsStore::part() const {
  return state_->part ? std::optional(state_->part->part()) : std::nullopt;
}

bool ResultsStore::claim(std::uint64_t id) {
  return !state_->part || state_->part->claim(id);
}

bool ResultsStore::owns(std::uint64_t id) const {
  return !state_->part || state_->part->owns(id);
}

bool ResultsStore::owner_runs(std::uint64_t id) const {
  return !state_->part || !state_->lock.warning().empty() || state_->part->owner_runs(id);
}

std::vector<std::uint64_t> ResultsStore::take_in() {
  return state_->part ? state_->take_in() : std::vector<std::uint64_t>();
}

bool ResultsStore::is_finished_elsewhere() const {
  return state_->part && state_->part->is_finished_elsewhere();
}

std::vector<std::string> const& ResultsStore::warnings() const {
  return state_->warnings;
}

}  // namespace engram
