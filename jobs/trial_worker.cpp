#include "jobs/trial_worker.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/overdue.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/results_store.hpp"
#include "jobs/trial_state.hpp"
#include "jobs/trial_text.hpp"
#include "parallel/environment.hpp"

namespace engram {
namespace {

double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void reset(Outcome& outcome) {
  outcome.status = Status::complete;
  outcome.reason.clear();
  outcome.metrics.clear();
  outcome.series.clear();
  outcome.arrays.clear();
  outcome.warnings.clear();
}

}  // namespace

TrialWorker::TrialWorker(Study const& study, int rank, std::string const& host,
                         StopSignals& signals, RankGroup group, std::optional<int> part)
    : study_(study),
      rank_(rank),
      host_(host),
      signals_(signals),
      group_(std::move(group)),
      num_metrics_(study.metrics.size()),
      crash_report_(rank, host, study.space),
      mark_(study.output, rank, part) {
  // A leader waits for the others of its group: its watchdog is theirs too.
  if (study.time_limit_s > 0 && group_.is_leader()) {
    watchdog_ = std::make_unique<Watchdog>([this] { end_all_ranks(); });
  }
}

WorkResult TrialWorker::operator()(Bytes const& chunk) {
  ChunkReader reader(chunk);
  ChunkResultWriter results;
  std::vector<std::uint64_t> returned;
  std::string storage_error;
  std::size_t num_items = 0;
  bool stopping = false;
  saved_.clear();
  while (reader.next_batch(items_)) {
    stopping = group_.agreed(stopping || signals_.requested());
    double const start_s = seconds_since_epoch();
    auto const start = std::chrono::steady_clock::now();
    try {
      stopping = stopping || !evaluate_items();
      if (stopping) {
        for (auto const& item : items_) returned.push_back(item.id);
        continue;
      }
      num_items += items_.size();
      if (!group_.is_leader()) continue;
      std::chrono::duration<double> const elapsed = std::chrono::steady_clock::now() - start;
      double const share_s = elapsed.count() / static_cast<double>(items_.size());
      for (std::size_t i = 0; i < items_.size(); ++i) {
        record(items_[i], outcomes_[i], start_s, share_s, results);
      }
    } catch (StorageError const& error) {
      storage_error = error.what();
      stopping = true;
    }
  }
  return {results.finish(returned, saved_, storage_error), num_items};
}

bool TrialWorker::evaluate_items() {
  set_trials();
  try {
    evaluate(std::span(trials_).first(items_.size()), std::span(outcomes_).first(items_.size()));
    return true;
  } catch (TrialSuspended const&) {
    signals_.settle();
    return false;
  }
}

void TrialWorker::set_trials() {
  auto const num_trials = items_.size();
  if (trials_.size() < num_trials) {
    Trial blank;
    blank.parameters = study_.fixed;
    trials_.resize(num_trials, blank);
    outcomes_.resize(num_trials);
  }
  for (std::size_t i = 0; i < num_trials; ++i) {
    trials_[i].id = items_[i].id;
    trials_[i].seed = items_[i].seed;
    trials_[i].budget = items_[i].budget;
    for (std::size_t d = 0; d < study_.space.size(); ++d) {
      trials_[i].parameters.set(study_.space[d].name(), items_[i].searched[d]);
    }
  }
}

void TrialWorker::evaluate(std::span<Trial const> trials, std::span<Outcome> outcomes) {
  if (trials.size() == 1) {
    evaluate_one(trials[0], outcomes[0]);
    return;
  }
  try {
    run(trials, outcomes);
  } catch (CommunicationError const&) {
    throw;
  } catch (...) {
    if (group_.agreed(signals_.suspends())) throw TrialSuspended();
    // An exception is the whole batch's: find out whose it was.
    for (std::size_t i = 0; i < trials.size(); ++i) evaluate_one(trials[i], outcomes[i]);
  }
}

void TrialWorker::evaluate_one(Trial const& trial, Outcome& outcome) {
  try {
    run(std::span(&trial, 1), std::span(&outcome, 1));
  } catch (CommunicationError const&) {
    throw;  // the machine's fault, not the trial's
  } catch (StorageError const&) {
    throw;
  } catch (TrialSuspended const&) {
    throw;
  } catch (TimeLimitExceeded const& error) {
    fail(outcome, Status::timed_out, error.what());
  } catch (std::bad_alloc const&) {
    fail(outcome, Status::failed, "out of memory");
  } catch (std::exception const& error) {
    fail(outcome, Status::failed, error.what());
  } catch (...) {
    fail(outcome, Status::failed, "an exception of unknown type");
  }
}

struct TrialWorker::Running {
  Running(TrialWorker& w, std::span<Trial const> trials, double limit_s) : worker(w) {
    worker.running_ = trials;
    worker.crash_report_.set(trials);
    worker.mark_.set(trials);
    if (worker.watchdog_) worker.watchdog_->begin(Watchdog::allowance(limit_s));
  }
  ~Running() {
    if (worker.watchdog_) worker.watchdog_->end();
    worker.mark_.set({});
    worker.crash_report_.clear();
  }
  TrialWorker& worker;
};

// What the first rank of a group meets is what happens; the others come along.
void TrialWorker::run(std::span<Trial const> trials, std::span<Outcome> outcomes) {
  for (auto& outcome : outcomes) reset(outcome);
  double const limit_s = study_.time_limit_s * static_cast<double>(trials.size());
  limit_ = limit_s > 0 ? Deadline::in(limit_s) : Deadline();
  bool const saves = study_.experiment->saves_states() && trials.size() == 1;
  std::shared_ptr<FileStateKeeper> keeper;
  bool ends_batch = false;
  auto const noting_the_end = [&](auto const& work) {
    try {
      work();
    } catch (TrialSuspended const&) {
      ends_batch = true;
      throw;
    } catch (StorageError const&) {
      ends_batch = true;
      throw;
    }
  };
  try {
    if (saves) {
      group_.run_together([&] {
        if (group_.is_leader()) noting_the_end([&] { keeper = make_keeper(trials[0]); });
      });
    }
    Running const running(*this, trials, limit_s);
    group_.run_together([&] { noting_the_end([&] { run_here(trials, outcomes, keeper); }); });
  } catch (CommunicationError const&) {
    throw;
  } catch (...) {
    bool const all_end = group_.agreed(ends_batch);
    if (group_.is_leader()) throw;
    if (all_end) throw TrialSuspended();
    throw std::runtime_error("failed on the first rank of the group");
  }
}

void TrialWorker::run_here(std::span<Trial const> trials, std::span<Outcome> outcomes,
                           std::shared_ptr<FileStateKeeper> const& keeper) {
  bool const leads = group_.is_leader();
  TrialContext context;
  context.group = group_.ranks();
  context.inputs = study_.inputs;
  context.deadline = limit_;
  // The others end with it: a signal to one of them alone is no reason to.
  if (leads) context.deadline.cut_short_by(signals_.trials_end());
  context.checkpoint = Checkpoint(keeper, context.group);
  try {
    study_.experiment->run(context, trials, outcomes);
  } catch (TimeLimitExceeded const&) {
    note_saved(trials, keeper.get());
    if (leads && signals_.suspends() && !limit_.passed()) throw TrialSuspended();
    throw;
  } catch (...) {
    note_saved(trials, keeper.get());
    throw;
  }
  note_saved(trials, keeper.get());
  limit_.check();
  for (auto& outcome : outcomes) check(outcome);
  if (keeper && outcomes[0].status == Status::complete) keeper->end();
}

void TrialWorker::note_saved(std::span<Trial const> trials, FileStateKeeper const* keeper) {
  if (keeper && keeper->has_saved()) saved_.push_back(trials[0].id);
}

std::shared_ptr<FileStateKeeper> TrialWorker::make_keeper(Trial const& trial) const {
  auto const& item = *std::ranges::find(items_, trial.id, &WorkItem::id);
  FileStateKeeper::Settings settings;
  settings.results = study_.output;
  settings.trial = trial.id;
  settings.identity = identity_of(study_, trial);
  settings.first = first_state(item, settings.identity);
  settings.interval_s = study_.checkpoint_interval_s;
  settings.keeps_end = item.keeps_end;
  settings.suspends = [this] { return signals_.suspends(); };
  return std::make_shared<FileStateKeeper>(std::move(settings));
}

/// The trial's own, or else the one it continues. A damaged one of its own, or one of another
/// build, is as none; but values that were changed on the way can't be begun with.
std::vector<double> TrialWorker::first_state(WorkItem const& item,
                                             std::string const& identity) const {
  if (item.has_state) {
    auto state = read_state(state_file(study_.output, item.id));
    if (state && state->identity == identity) return std::move(state->values);
  }
  if (item.parent < 0) return {};
  auto const parent = static_cast<std::uint64_t>(item.parent);
  auto const path = end_state_file(study_.output, parent);
  auto state = read_state(path);
  if (state && state->identity == identity) return std::move(state->values);
  bool const begins_anew = !study_.searcher->needs_states;
  if (begins_anew) return {};
  if (!state) throw_no_state(path, item.id, parent, "is gone or damaged");
  auto const build = [](std::string const& text) { return text.substr(0, text.find('\n')); };
  if (build(state->identity) != build(identity))
    throw_no_state(path, item.id, parent, "is of another build, " + build(state->identity));
  return std::move(state->values);
}

void TrialWorker::check(Outcome& outcome) const {
  if (auto const problem = payload_problem(outcome, ArrayValues::here); !problem.empty()) {
    fail(outcome, Status::failed, problem);
    return;
  }
  if (outcome.status != Status::complete) {
    outcome.metrics.assign(num_metrics_, std::numeric_limits<double>::quiet_NaN());
    return;
  }
  if (outcome.metrics.size() != num_metrics_) {
    fail(outcome, Status::failed,
         "the experiment gave " + std::to_string(outcome.metrics.size()) + " metrics instead of " +
             std::to_string(num_metrics_));
    return;
  }
  for (std::size_t i = 0; i < num_metrics_; ++i) {
    double const value = outcome.metrics[i];
    if (std::isfinite(value)) continue;
    fail(outcome, Status::failed,
         "metric " + study_.metrics[i].name +
             (std::isnan(value) ? " is nan"
              : value > 0       ? " is inf"
                                : " is -inf"));
    return;
  }
}

void TrialWorker::fail(Outcome& outcome, Status status, std::string reason) const {
  auto warnings = std::move(outcome.warnings);
  reset(outcome);
  outcome.status = status;
  outcome.reason = std::move(reason);
  outcome.warnings = std::move(warnings);
  outcome.metrics.assign(num_metrics_, std::numeric_limits<double>::quiet_NaN());
}

void TrialWorker::record(WorkItem const& item, Outcome& outcome, double start_s, double seconds,
                         ChunkResultWriter& results) {
  if (!outcome.arrays.empty()) {
    write_side_file(study_.output, item.id, item.attempt, outcome.arrays);
    for (auto& array : outcome.arrays) array.values.clear();
  }
  identify(item, start_s, seconds, record_);
  std::swap(record_.outcome, outcome);
  results.add(record_);
  std::swap(record_.outcome, outcome);
}

void TrialWorker::identify(WorkItem const& item, double start_s, double seconds,
                           TrialRecord& record) const {
  record.id = item.id;
  record.point = item.id / study_.replicates;
  record.replicate = static_cast<std::uint32_t>(item.id % study_.replicates);
  record.seed = item.seed;
  record.budget = item.budget;
  record.parent = item.parent;
  record.searched = item.searched;
  record.timing = {rank_, item.attempt, start_s, seconds};
}

/// Returns what the next run is going to do about the trials that run now.
std::string TrialWorker::leave_overdue_file() const {
  std::vector<TrialRecord> records;
  for (auto const& trial : running_) {
    auto const item = std::ranges::find(items_, trial.id, &WorkItem::id);
    auto const seconds = Watchdog::allowance(study_.time_limit_s).count();
    identify(*item, seconds_since_epoch() - seconds, seconds, records.emplace_back());
    fail(records.back().outcome, Status::timed_out,
         "went over its time limit of " + to_text(study_.time_limit_s) +
             " s and does not check its deadline");
  }
  try {
    write_overdue(study_.output, empty_results(study_), records);
  } catch (std::exception const& error) {
    return std::string("run the same command again to continue, which meets it again (") +
           error.what() + ")";
  }
  return records.size() == 1
             ? "run the same command again to continue, which records it as timed out"
             : "run the same command again to continue, which evaluates them one by one";
}

void TrialWorker::end_all_ranks() const {
  StopSignals::note_told();
  std::string text = running_.size() == 1 ? "" : "one of ";
  for (auto const& trial : running_) {
    if (&trial != &running_.front()) text += ", ";
    text += describe_trial(trial, study_.space);
  }
  abort_all_ranks(text + " on rank " + std::to_string(rank_) + " (" + host_ +
                      ") is far over its time limit of " + to_text(study_.time_limit_s) +
                      " s and does not check its deadline, so it can't be stopped by itself; the "
                      "recorded trials are safe, " +
                      leave_overdue_file(),
                  exit_internal_error);
}

}  // namespace engram
