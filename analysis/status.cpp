#include "analysis/status.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <set>

#include "analysis/format.hpp"
#include "analysis/json.hpp"
#include "analysis/timing.hpp"
#include "core/text.hpp"

namespace engram {
namespace {

/// Records that the rate is taken over: enough for a steady figure, few enough to follow changes.
constexpr std::size_t rate_window = 256;

double recent_rate(Results const& results, std::vector<double> ends) {
  // A study that was continued has stood still meanwhile, which is no rate of work.
  if (ends.empty()) return 0.0;
  double start_s = stretches_of_work(results).back().start_s;
  ends.erase(ends.begin(), std::lower_bound(ends.begin(), ends.end(), start_s));
  if (ends.size() > rate_window) {
    // A trial that ended with the first of the window was not started within it.
    start_s = ends[ends.size() - rate_window];
    ends.erase(ends.begin(), std::upper_bound(ends.begin(), ends.end(), start_s));
  }
  double const seconds = ends.empty() ? 0.0 : ends.back() - start_s;
  return seconds > 0.0 ? static_cast<double>(ends.size()) / seconds : 0.0;
}

/// Provenance lists hosts in one text, separated by commas or spaces.
std::vector<std::string> hosts_of(Results const& results) {
  std::vector<std::string> hosts;
  auto const found = results.provenance.find("hosts");
  if (found == results.provenance.end()) return hosts;
  std::string_view text = found->second;
  while (!text.empty()) {
    auto const end = std::min(text.find_first_of(", \n"), text.size());
    if (end > 0) hosts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return hosts;
}

std::optional<JobStatus> job_of(Results const& results) {
  auto const text_of = [&](char const* key) {
    auto const found = results.provenance.find(key);
    return found == results.provenance.end() ? std::string() : found->second;
  };
  auto const array = text_of("slurm_array_job_id");
  auto const id =
      array.empty() ? text_of("slurm_job_id") : array + "_" + text_of("slurm_array_task_id");
  if (id.empty()) return std::nullopt;
  return JobStatus{id, read_integer(text_of("slurm_restart_count")).value_or(0),
                   read_real(text_of("slurm_end_time"))};
}

/// Takes in what ranks evaluate; what is recorded already of a batch no longer counts.
void count_running(std::vector<RunningTrials> const& running, Results const& results,
                   StudyStatus& status) {
  std::set<std::uint64_t> trials;  // the ranks of a group evaluate the same one
  for (auto const& of_rank : running) {
    auto const num_before = trials.size();
    for (auto const trial : of_rank.trials)
      if (!std::ranges::binary_search(results.id, trial)) trials.insert(trial);
    if (trials.size() == num_before) continue;
    status.longest_start_s =
        std::min(status.longest_start_s.value_or(of_rank.start_s), of_rank.start_s);
    status.last_sign_of_life_s =
        std::max(status.last_sign_of_life_s.value_or(of_rank.start_s), of_rank.start_s);
  }
  status.num_running = trials.size();
}

std::string ago(double time_s, double now_s) {
  return format_time(time_s) + ", " + format_duration(std::max(0.0, now_s - time_s)) + " ago\n";
}

void write_job(StudyStatus const& status, std::ostream& out, double now_s) {
  out << "  job        " << status.job->id;
  if (auto const num = status.job->num_restarts)
    out << ", " << num << (num == 1 ? " restart" : " restarts");
  if (status.state == StudyState::running && status.job->end_s)
    out << ", " << format_duration(std::max(0.0, *status.job->end_s - now_s)) << " left";
  out << '\n';
}

void write_text(Results const& results, StudyStatus const& status, std::ostream& out,
                double now_s) {
  out << results.study_name << " (" << results.experiment << "): " << to_string(status.state)
      << '\n';
  double const share = status.num_planned == 0 ? 0.0
                                               : static_cast<double>(status.num_recorded) /
                                                     static_cast<double>(status.num_planned);
  out << "  trials     " << status.num_recorded << " of " << status.num_planned << " ("
      << static_cast<int>(100.0 * share) << " %), " << status.counts.failed << " failed, "
      << status.counts.timed_out << " timed out";
  if (status.counts.skipped > 0) out << ", " << status.counts.skipped << " skipped";
  if (status.state == StudyState::finished && !results.stopped_by.empty())
    out << "; ended by study." << results.stopped_by;
  out << '\n';
  if (status.num_running > 0)
    out << "  running    " << status.num_running << ", the longest for "
        << format_duration(std::max(0.0, now_s - *status.longest_start_s)) << '\n';
  if (status.best) {
    out << "  best       " << results.objective << " " << format_mean(status.best->objective)
        << " over " << status.best->complete.size() << " of " << results.replicates << " replicates"
        << (is_penalised(*status.best) ? " and the penalty for failed ones" : "") << ", point "
        << status.best->point;
    for (auto const& parameter : results.parameters)
      out << "\n             " << parameter.name << " = "
          << format_cell(parameter, status.best->first_row);
    out << '\n';
  }
  if (status.trials_per_second > 0.0)
    out << "  rate       " << format_number(status.trials_per_second) << " trials/s\n";
  if (status.time_left_s) out << "  time left  " << format_duration(*status.time_left_s) << '\n';
  if (status.num_ranks > 0) {
    out << "  ranks      " << status.num_ranks;
    for (std::size_t i = 0; i < status.hosts.size(); ++i)
      out << (i == 0 ? " on " : ", ") << status.hosts[i];
    out << '\n';
  }
  if (status.job) write_job(status, out, now_s);
  if (status.last_trial_ended_s)
    out << "  last trial ended " << ago(*status.last_trial_ended_s, now_s);
  if (status.last_sign_of_life_s > status.last_trial_ended_s)
    out << "  last sign of life " << ago(*status.last_sign_of_life_s, now_s);
  if (status.state == StudyState::interrupted)
    out << "  No run holds this file: `engram run` with its study continues it.\n";
}

std::string json_or_null(std::optional<double> value) {
  return value ? json_number(*value) : "null";
}

void write_best_json(Results const& results, StudyStatus const& status, std::ostream& out) {
  if (!status.best) {
    out << "null";
    return;
  }
  out << "{\"point\": " << status.best->point
      << ", \"mean\": " << json_number(status.best->objective.mean)
      << ", \"standard_error\": " << json_number(status.best->objective.standard_error)
      << ", \"replicates\": " << status.best->complete.size() << ", \"parameters\": {";
  bool first = true;
  for (auto const& parameter : results.parameters) {
    bool const is_text = std::holds_alternative<std::vector<std::string>>(parameter.values);
    bool const is_real = std::holds_alternative<std::vector<double>>(parameter.values);
    auto const row = status.best->first_row;
    out << (first ? "" : ", ") << json_string(parameter.name) << ": ";
    if (is_real)
      out << json_number(numeric_cell(parameter, row));
    else if (is_text)
      out << json_string(format_cell(parameter, row));
    else
      out << format_cell(parameter, row);
    first = false;
  }
  out << "}}";
}

void write_json(Results const& results, StudyStatus const& status, std::ostream& out) {
  out << "{\"study\": " << json_string(results.study_name)
      << ", \"experiment\": " << json_string(results.experiment)
      << ", \"state\": " << json_string(to_string(status.state)) << ", \"stopped_by\": "
      << (results.stopped_by.empty() ? "null" : json_string(results.stopped_by))
      << ",\n \"trials\": {\"recorded\": " << status.num_recorded
      << ", \"planned\": " << status.num_planned << ", \"complete\": " << status.counts.complete
      << ", \"failed\": " << status.counts.failed << ", \"timed_out\": " << status.counts.timed_out
      << ", \"skipped\": " << status.counts.skipped << ", \"running\": " << status.num_running
      << "},\n \"objective\": " << json_string(results.objective) << ", \"best\": ";
  write_best_json(results, status, out);
  out << ",\n \"trials_per_second\": " << json_number(status.trials_per_second)
      << ", \"time_left_s\": " << json_or_null(status.time_left_s)
      << ", \"last_trial_ended_s\": " << json_or_null(status.last_trial_ended_s)
      << ", \"last_sign_of_life_s\": " << json_or_null(status.last_sign_of_life_s)
      << ",\n \"ranks\": " << status.num_ranks << ", \"hosts\": [";
  for (std::size_t i = 0; i < status.hosts.size(); ++i)
    out << (i == 0 ? "" : ", ") << json_string(status.hosts[i]);
  out << "], \"job\": ";
  if (status.job)
    out << "{\"id\": " << json_string(status.job->id)
        << ", \"restarts\": " << status.job->num_restarts
        << ", \"end_s\": " << json_or_null(status.job->end_s) << "}";
  else
    out << "null";
  out << "}\n";
}

}  // namespace

std::string_view to_string(StudyState state) {
  switch (state) {
    case StudyState::running:
      return "running";
    case StudyState::finished:
      return "finished";
    case StudyState::interrupted:
      break;
  }
  return "interrupted";
}

StudyStatus study_status(Results const& results, SignsOfLife const& signs) {
  StudyStatus status;
  if (signs.lock_is_held)
    status.state = StudyState::running;
  else if (results.finished)
    status.state = StudyState::finished;
  status.num_recorded = results.num_rows();
  status.num_planned = results.num_trials_planned;
  status.counts = count_statuses(results);
  auto const ranked = rank_points(results, summarise_points(results));
  if (!ranked.empty()) status.best = ranked.front();
  status.num_ranks = summarise_timing(results).num_ranks;
  status.hosts = hosts_of(results);
  auto const ends = sorted_end_times(results);
  status.trials_per_second = recent_rate(results, ends);
  if (!ends.empty()) status.last_trial_ended_s = ends.back();
  status.last_sign_of_life_s = std::max(status.last_trial_ended_s, signs.last_write_s);
  if (signs.lock_is_held) count_running(signs.running, results, status);
  status.job = job_of(results);
  if (signs.lock_is_held && status.trials_per_second > 0.0 &&
      status.num_planned >= status.num_recorded)
    status.time_left_s =
        static_cast<double>(status.num_planned - status.num_recorded) / status.trials_per_second;
  return status;
}

void write_status(Results const& results, StudyStatus const& status, std::ostream& out,
                  StatusOptions const& options) {
  if (options.json)
    write_json(results, status, out);
  else
    write_text(results, status, out, options.now_s);
}

}  // namespace engram
