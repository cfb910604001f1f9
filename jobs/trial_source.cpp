#include "jobs/trial_source.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "jobs/crashes.hpp"

namespace engram {
TrialSource::TrialSource(Study const& study, ResultsStore& store, Progress& progress,
                         std::vector<std::string> hosts, StopSignals const* signals)
    : study_(study),
      store_(store),
      part_(store.part()),
      progress_(progress),
      hosts_(std::move(hosts)),
      signals_(signals),
      states_(study.output, part_.has_value()),
      crashes_(count_crashes(study.output, part_ ? std::optional(part_->index) : std::nullopt)),
      last_removal_(Progress::Clock::now()),
      searcher_(study.make_searcher()),
      learns_(searcher_->learns()),
      keeps_ends_(searcher_->keeps_states() && study.experiment->saves_states()),
      queue_(study.experiment->max_batch()),
      num_recorded_ahead_(store.num_recorded()),
      rules_(study.direction, study.target, study.stagnation) {
  refill(1);
}

std::optional<Bytes> TrialSource::next_chunk(int, std::size_t max_items) {
  if (stop_ != Stop::none) return std::nullopt;
  try {
    refill(max_items);
  } catch (StorageError const& error) {
    stop_for(error);
    return std::nullopt;
  }
  auto const batches = queue_.take(max_items);
  if (batches.ids.empty()) {
    if (num_outstanding_ == 0 && !part_ && !finished()) {
      throw std::logic_error("searcher " + study_.searcher->name +
                             " asks for no more points, but has not finished");
    }
    return std::nullopt;
  }
  ChunkWriter chunk;
  WorkItem item;
  auto id = batches.ids.begin();
  for (auto const size : batches.sizes) {
    chunk.begin_batch(size);
    for (auto const end = id + size; id != end; ++id) {
      item.id = *id;
      auto const& proposal = open_point(*id / study_.replicates).proposal;
      item.searched = proposal.values;
      auto const trial = study_.trial(*id, proposal);
      item.parent = study_.parent(*id, proposal);
      item.has_state = states_.has(*id);
      item.keeps_end = keeps_ends_;
      item.seed = trial.seed;
      item.budget = trial.budget;
      auto const retried = retries_.empty() ? retries_.end() : retries_.find(*id);
      item.attempt = retried == retries_.end() ? 0 : retried->second;
      chunk.add(item);
    }
  }
  num_outstanding_ += batches.ids.size();
  return chunk.take();
}

std::size_t TrialSource::num_waiting() const {
  if (stop_ != Stop::none) return 0;
  auto const num_asked = first_open_point_ + open_points_.size();
  auto const num_points = searcher_->num_points();
  if (searcher_waits_ || num_points <= num_asked) return queue_.size();
  auto num_to_come = (num_points - num_asked) * study_.replicates;
  // Other parts run as many of them.
  if (part_) num_to_come /= static_cast<std::uint64_t>(part_->count);
  return queue_.size() + num_to_come - std::min(num_to_come, num_recorded_ahead_);
}

void TrialSource::accept(int, Bytes outcome) {
  auto const result = decode_chunk_result(outcome);
  num_outstanding_ -= result.records.size() + result.returned.size();
  if (stop_ == Stop::storage_error) return;
  for (auto const id : result.saved) states_.add(id);
  if (stop_ == Stop::rule || stop_ == Stop::finished_elsewhere) return;
  try {
    for (auto const& record : result.records) accept_record(record);
    if (!result.storage_error.empty()) throw StorageError(result.storage_error);
  } catch (StorageError const& error) {
    stop_for(error);
  }
  for (auto const id : result.returned) queue_.add(id, "");
  tell_in_order();
}

bool TrialSource::finished() const {
  if (stop_ != Stop::none) return true;
  return num_outstanding_ == 0 && queue_.empty() && open_points_.empty() && searcher_->finished();
}

void TrialSource::tick() {
  if (stop_ == Stop::storage_error || stop_ == Stop::finished_elsewhere) return;
  try {
    stop_if_asked();
    store_.tick();
    if (part_) go_on_with_others();
    retire_states();
    end_if_overdue();
  } catch (StorageError const& error) {
    stop_for(error);
  }
  report_warnings();
  progress_.update(state_, Progress::Clock::now());
}

void TrialSource::report_warnings() {
  auto const& warnings = store_.warnings();
  for (; num_warnings_ < warnings.size(); ++num_warnings_) {
    progress_.message("engram: warning: " + warnings[num_warnings_]);
  }
}

void TrialSource::refill(std::size_t num_wanted) {
  num_wanted = num_to_queue(num_wanted);
  auto const num_points = num_points_to_ask();
  bool asked = false;
  while (stop_ == Stop::none && queue_.size() < num_wanted && !searcher_->finished()) {
    if (asked && queue_.size() >= portion) break;
    auto proposals = searcher_->ask(num_points);
    asked = true;
    searcher_waits_ = proposals.empty();
    if (proposals.empty()) break;
    for (auto& proposal : proposals) add_point(std::move(proposal));
    tell_in_order();
  }
}

void TrialSource::add_point(Proposal proposal) {
  auto const i_point = first_open_point_ + open_points_.size();
  OpenPoint point;
  bool const has_batches = study_.experiment->max_batch() > 1;
  for (std::uint64_t r = 0; r < study_.replicates; ++r) {
    auto const id = i_point * study_.replicates + r;
    if (store_.contains(id)) {
      note(store_.summary(id));
      num_recorded_ahead_ -= std::min<std::uint64_t>(num_recorded_ahead_, 1);
      continue;
    }
    if (!store_.claim(id)) {
      ++point.num_missing;  // until the part that has claimed it has recorded it
      continue;
    }
    if (auto reason = reason_not_to_run(id, proposal); !reason.empty()) {
      record_as_failed(id, proposal, std::move(reason));
      continue;
    }
    ++point.num_missing;
    bool const may_join = has_batches && !store_.is_suspect(id) && !crashes_.contains(id);
    queue_.add(id, may_join ? study_.experiment->batch_key(study_.trial(id, proposal)) : "");
  }
  point.proposal = std::move(proposal);
  if (point.num_missing == 0) close(point, i_point);
  open_points_.push_back(std::move(point));
}

void TrialSource::tell_in_order() {
  auto const is_over = [&] { return stop_ == Stop::rule || stop_ == Stop::storage_error; };
  while (!is_over() && !open_points_.empty() && open_points_.front().num_missing == 0) {
    auto const point = std::move(open_points_.front());
    open_points_.pop_front();
    ++first_open_point_;
    searcher_->tell(point.result);
    searcher_waits_ = false;
    if (!rules_.any()) continue;
    take_best(point);
    auto rule = rules_.tell(point.result);
    // Who asked for a stop is not kept waiting; the next run comes to the same end.
    if (!rule.empty() && stop_ != Stop::interrupted) stop_by(std::move(rule));
  }
}

/// All that counts are the points told.
void TrialSource::stop_by(std::string rule) {
  stop_ = Stop::rule;
  stopped_by_ = std::move(rule);
  auto const num_trials = first_open_point_ * study_.replicates;
  store_.end_study_at(num_trials, stopped_by_);
  state_.num_done = state_.num_failed = num_timed_out_ = 0;
  for (std::uint64_t id = 0; id < num_trials; ++id) note(store_.summary(id));
}

void TrialSource::close(OpenPoint& point, std::uint64_t i_point) {
  point.result = result_of(i_point);
  // With stopping rules, a point may turn out to be no part of the study until it is told of.
  if (rules_.any()) return;
  take_best(point);
  point.proposal.values = Point();
}

void TrialSource::take_best(OpenPoint const& point) {
  auto const i_point = point.result.point;
  double const objective = point.result.objective;
  auto const is_better = [&] {
    if (std::isnan(objective)) return false;
    if (std::isnan(state_.best)) return true;
    // Results of a part of the effort are not what those of the whole are.
    if (point.proposal.budget != best_budget_) return point.proposal.budget > best_budget_;
    if (objective == state_.best) return i_point < best_point_;
    return study_.direction == Direction::maximise ? objective > state_.best
                                                   : objective < state_.best;
  };
  if (is_better()) {
    state_.best = objective;
    best_point_ = i_point;
    best_budget_ = point.proposal.budget;
    best_values_ = point.proposal.values;
  }
}

PointResult TrialSource::result_of(std::uint64_t i_point) const {
  PointResult result{i_point, 0.0, std::vector<double>(study_.metrics.size())};
  double num = 0.0, num_complete = 0.0;
  for (std::uint64_t r = 0; r < study_.replicates; ++r) {
    auto const id = i_point * study_.replicates + r;
    auto const summary = store_.summary(id);
    bool const complete = summary.status == Status::complete;
    if (!complete && study_.on_failure != FailurePolicy::penalise) continue;
    result.objective += complete ? summary.objective : study_.penalty;
    ++num;
    if (!complete) continue;
    auto const metrics = store_.metrics(id);
    for (std::size_t i = 0; i < metrics.size(); ++i) result.metrics[i] += metrics[i];
    ++num_complete;
  }
  // Without any, 0 / 0: NaN.
  result.objective /= num;
  for (auto& metric : result.metrics) metric /= num_complete;
  return result;
}

TrialSource::OpenPoint& TrialSource::open_point(std::uint64_t i_point) {
  return open_points_.at(static_cast<std::size_t>(i_point - first_open_point_));
}

void TrialSource::stop_for(StorageError const& error) {
  stop_ = Stop::storage_error;
  storage_error_ = error.what();
}

}  // namespace engram
