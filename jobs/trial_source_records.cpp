// How a TrialSource records what comes back, and what does not run.

#include <limits>
#include <string>
#include <utility>

#include "jobs/trial_source.hpp"
#include "jobs/trial_text.hpp"

namespace engram {
namespace {

/// Failures that are printed one by one; all are in the results file.
constexpr std::uint64_t max_reported = 10;

}  // namespace

void TrialSource::note(ResultsStore::Summary const& summary) {
  ++state_.num_done;
  if (summary.status != Status::complete) ++state_.num_failed;
  if (summary.status == Status::timed_out) ++num_timed_out_;
}

void TrialSource::accept_record(TrialRecord const& record) {
  bool const failed = record.outcome.status != Status::complete;
  if (failed && retry(record)) return;
  if (failed) {
    report_failure(record, study_.on_failure == FailurePolicy::abort ? "; the study ends" : "");
  }
  auto const id = record.id;
  retries_.erase(id);
  store_.append(record);
  ++num_run_here_;
  states_.retire(id, keeps_ends_ && !failed);
  note(store_.summary(id));
  auto& point = open_point(id / study_.replicates);
  if (--point.num_missing == 0) close(point, id / study_.replicates);
  if (failed && study_.on_failure == FailurePolicy::abort && stop_ == Stop::none) {
    stop_ = Stop::failed_trial;
  }
}

/// Empty: it runs.
std::string TrialSource::reason_not_to_run(std::uint64_t id, Proposal const& proposal) const {
  auto const found = crashes_.find(id);
  if (study_.max_crashes > 0 && found != crashes_.end() &&
      static_cast<std::uint64_t>(found->second) >= study_.max_crashes)
    return "ended its process " + std::to_string(found->second) +
           " times: a fault in it, or too little memory";
  auto const parent = study_.parent(id, proposal);
  if (!study_.searcher->needs_states || parent < 0) return "";
  auto const parent_id = static_cast<std::uint64_t>(parent);
  if (!store_.contains(parent_id) || store_.summary(parent_id).status == Status::complete)
    return "";
  return "trial " + std::to_string(parent) + ", which it goes on from, did not complete";
}

void TrialSource::record_as_failed(std::uint64_t id, Proposal const& proposal, std::string reason) {
  auto const trial = study_.trial(id, proposal);
  TrialRecord record;
  record.id = id;
  record.point = id / study_.replicates;
  record.replicate = static_cast<std::uint32_t>(id % study_.replicates);
  record.seed = trial.seed;
  record.budget = trial.budget;
  record.parent = study_.parent(id, proposal);
  record.searched = proposal.values;
  record.outcome.status = Status::failed;
  record.outcome.reason = std::move(reason);
  record.outcome.metrics.assign(study_.metrics.size(), std::numeric_limits<double>::quiet_NaN());
  progress_.message("engram: " + describe_trial(trial, study_.space) +
                    " is recorded as failed: " + record.outcome.reason);
  store_.append(record);
  note(store_.summary(id));
  if (study_.on_failure == FailurePolicy::abort) stop_ = Stop::failed_trial;
}

bool TrialSource::retry(TrialRecord const& record) {
  if (study_.on_failure != FailurePolicy::retry) return false;
  auto const num_attempts = record.timing.attempt + 1;
  // Also once the study is being stopped: then the next run tries, as this one would have.
  if (num_attempts > study_.max_retries) return false;
  report_failure(record, "; it is tried again");
  states_.retire(record.id, false);
  retries_[record.id] = num_attempts;
  queue_.add(record.id, "");
  return true;
}

void TrialSource::report_failure(TrialRecord const& record, std::string const& consequence) {
  if (num_reported_ > max_reported) return;
  if (num_reported_++ == max_reported) {
    progress_.message("engram: more trials fail; their reasons are in the results file");
    return;
  }
  auto const trial = study_.trial(record.id, {record.searched});
  auto const rank = static_cast<std::size_t>(record.timing.rank);
  progress_.message("engram: " + describe_trial(trial, study_.space) +
                    (record.outcome.status == Status::timed_out ? " timed out" : " failed") +
                    " on rank " + std::to_string(rank) + " (" + hosts_.at(rank) +
                    "): " + record.outcome.reason + consequence);
}

}  // namespace engram
