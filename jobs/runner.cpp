#include "jobs/runner.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <memory>
#include <span>

#include "analysis/format.hpp"
#include "core/error.hpp"
#include "jobs/byte_stream.hpp"
#include "jobs/crashes.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/in_use_error.hpp"
#include "jobs/signals.hpp"
#include "jobs/trial_groups.hpp"
#include "jobs/trial_source.hpp"
#include "jobs/trial_worker.hpp"
#include "parallel/announcement.hpp"
#include "parallel/rank_group.hpp"
#include "parallel/scheduler.hpp"

namespace engram {
namespace {

SchedulerOptions scheduler_options(Study const& study, std::optional<Part> const& part) {
  SchedulerOptions options;
  // A batch costs far less than its trials one by one, so chunks have to be allowed to grow to one.
  if (study.experiment->max_batch() > 1) options.target_chunk_s = 1.0;
  // How soon a part reads what the others have recorded.
  if (part) options.tick = std::chrono::milliseconds(20);
  return options;
}

/// A study as rank 0 runs it.
class Coordinator {
 public:
  using Clock = Progress::Clock;

  Coordinator(Study const& study, std::vector<std::string> const& hosts, RunOptions const& options,
              GroupPlacement const& placement, StopSignals const& signals)
      : study_(study), options_(options), start_(Clock::now()) {
    auto provenance = options.provenance;
    provenance.merge(group_provenance(placement, hosts));
    auto part = options.part;
    if (part) part->block = trials_a_claim(study, part->count);
    store_ = std::make_unique<ResultsStore>(study, options.mode, std::move(provenance), part);
    if (options.mode == OpenMode::overwrite) TrialStates(study.output).remove_all();
    if (options.mode == OpenMode::overwrite || options.retry_failed) remove_crashes(study.output);
    if (options.retry_failed) store_->forget_failed();
    num_before_ = store_->num_recorded();
    progress_ = std::make_unique<Progress>(
        std::cerr, options.quiet ? ProgressStyle::none : options.progress, study.objective,
        study.num_trials(), num_before_, start_);
    source_ = std::make_unique<TrialSource>(study, *store_, *progress_, hosts, &signals);
    if (num_before_ > 0 && !source_->finished()) {
      say("continues " + study.output.string() + " with " + std::to_string(num_before_) + " of " +
          std::to_string(study.num_trials()) + " trials recorded");
    }
    if (auto const text = uneven_groups(study, placement); !text.empty()) say(text);
  }

  TrialSource& source() { return *source_; }

  /// Called in the scheduler's turn.
  void lose(int rank, std::string const& host) {
    progress_->message("engram: warning: nothing is heard of rank " + std::to_string(rank) + " (" +
                       host +
                       ") any more; it is taken for lost, its trials are handed out again, and the "
                       "study goes on with the others");
  }

  int finish() {
    auto stop = source_->stop();
    std::string storage_error = source_->storage_error();
    if (stop != TrialSource::Stop::storage_error) {
      try {
        bool const is_finished = stop == TrialSource::Stop::none ||
                                 stop == TrialSource::Stop::rule ||
                                 stop == TrialSource::Stop::finished_elsewhere;
        store_->write_results(is_finished);
        if (is_finished) {
          source_->remove_states();
          remove_crashes(study_.output);
        }
      } catch (StorageError const& error) {
        stop = TrialSource::Stop::storage_error;
        storage_error = error.what();
      }
    }
    progress_->finish(source_->state(), Clock::now());
    source_->report_warnings();
    if (stop == TrialSource::Stop::storage_error) {
      progress_->message(
          "engram: " + storage_error +
          "; what was recorded before is kept, run the same command again to continue");
      return exit_storage;
    }
    if (stop == TrialSource::Stop::finished_elsewhere) return end_finished_elsewhere();
    summarise(stop);
    if (stop == TrialSource::Stop::interrupted || stop == TrialSource::Stop::other_part_missing)
      return exit_continue;
    if (stop == TrialSource::Stop::rest_is_others) return exit_complete;
    return source_->state().num_failed > 0 ? exit_failed_trials : exit_complete;
  }

 private:
  void say(std::string const& text) {
    if (!options_.quiet) progress_->message("engram: " + text);
  }

  /// "part 2/4", or nothing.
  std::string part_text() const {
    auto const& part = options_.part;
    return part ? "part " + std::to_string(part->index) + "/" + std::to_string(part->count) : "";
  }

  int end_finished_elsewhere() {
    auto const results = read_results(study_.output);
    say(part_text() + " ran " + std::to_string(source_->num_run_here()) +
        " trials; another part has finished the study, results: " + study_.output.string());
    bool const is_complete = std::ranges::all_of(
        results.status, [](Status status) { return status == Status::complete; });
    return is_complete ? exit_complete : exit_failed_trials;
  }

  void summarise(TrialSource::Stop stop) {
    auto const& state = source_->state();
    auto const file = study_.output.string();
    auto const counts =
        std::to_string(state.num_done) + " of " + std::to_string(study_.num_trials()) + " trials";
    if (stop == TrialSource::Stop::interrupted) {
      progress_->message("engram: interrupted with " + counts + " recorded in " + file +
                         "; run the same command again to continue");
      return;
    }
    if (stop == TrialSource::Stop::failed_trial) {
      progress_->message("engram: ended by a failed trial (study.on_failure = abort) with " +
                         counts + " recorded in " + file +
                         "; run the same command again to go on with the others");
    }
    if (stop == TrialSource::Stop::other_part_missing) {
      progress_->message("engram: " + part_text() + " ends with " + counts + " recorded in " +
                         file +
                         ": it waits for trials of a part that does not run; run that part and "
                         "then the same command again, or the study without --part");
      return;
    }
    if (options_.quiet) return;
    if (stop == TrialSource::Stop::rest_is_others) {
      std::cout << study_.name << ": " << part_text() << " is done and ran "
                << source_->num_run_here() << " trials; " << counts
                << " are recorded, and the study is complete when the other parts are\n"
                << std::flush;
      return;
    }
    std::cout << summary_text() << std::flush;
  }

  std::string summary_text() const {
    auto const& state = source_->state();
    std::string text =
        study_.name + ": " + std::to_string(state.num_done - state.num_failed) + " trials complete";
    auto const num_timed_out = source_->num_timed_out();
    if (auto const num = state.num_failed - num_timed_out) {
      text += ", " + std::to_string(num) + " failed";
    }
    if (num_timed_out > 0) text += ", " + std::to_string(num_timed_out) + " timed out";
    if (num_before_ == state.num_done) {
      text += " (nothing was left to do)";
    } else {
      text +=
          " in " + format_duration(std::chrono::duration<double>(Clock::now() - start_).count());
    }
    text += "\n";
    if (options_.part)
      text += part_text() + " ran " + std::to_string(source_->num_run_here()) + " of them\n";
    if (!source_->stopped_by().empty()) {
      text += "ended by study." + source_->stopped_by() + " after " +
              std::to_string(state.num_done) + " of " + std::to_string(study_.num_trials()) +
              " trials\n";
    }
    if (!std::isnan(state.best)) text += best_text();
    return text + "results: " + study_.output.string() + "; see engram report " +
           study_.output.string() + "\n";
  }

  std::string best_text() const {
    std::string text = "best " + study_.objective + " " + format_number(source_->state().best) +
                       " at point " + std::to_string(source_->best_point());
    auto const& values = source_->best_values();
    for (std::size_t i = 0; i < values.size(); ++i) {
      auto const* const number = std::get_if<double>(&values[i]);
      text += (i == 0 ? ": " : ", ") + study_.space[i].name() + " = " +
              (number ? format_number(*number) : to_string(values[i]));
    }
    return text + "\n";
  }

  Study const& study_;
  RunOptions const& options_;
  Clock::time_point start_;
  std::uint64_t num_before_ = 0;
  std::unique_ptr<ResultsStore> store_;
  std::unique_ptr<Progress> progress_;
  std::unique_ptr<TrialSource> source_;
};

}  // namespace

std::vector<std::string> gather_texts(Communicator const& world, std::string const& text) {
  Bytes all;
  ByteWriter out(all);
  for (auto const& bytes : world.gather(std::as_bytes(std::span(text)))) {
    out.text({reinterpret_cast<char const*>(bytes.data()), bytes.size()});
  }
  all = world.broadcast(std::move(all));
  std::span<std::byte const> rest(all);
  ByteReader in(rest);
  std::vector<std::string> texts;
  while (!rest.empty()) texts.push_back(in.text());
  return texts;
}

void on_all_ranks(Communicator const& world, std::function<void()> const& step) {
  std::string error;
  try {
    step();
  } catch (InUseError const& in_use) {
    error = std::string("i") + in_use.what();
  } catch (UserError const& user_error) {
    error = std::string("u") + user_error.what();
  } catch (StorageError const& storage_error) {
    error = std::string("s") + storage_error.what();
  }
  for (auto const& text : gather_texts(world, error)) {
    if (text.starts_with('i')) throw InUseError(text.substr(1));
    if (text.starts_with('u')) throw UserError(text.substr(1));
    if (text.starts_with('s')) throw StorageError(text.substr(1));
  }
}

int run_study(Communicator const& world, Study const& study, std::vector<std::string> const& hosts,
              RunOptions const& options) {
  StopSignals signals(world.is_root(), options.limits);
  auto const placement = place_groups(hosts, study.ranks_per_trial);
  RankGroup const group(world, placement);
  std::unique_ptr<Coordinator> coordinator;
  on_all_ranks(world, [&] {
    if (!world.is_root()) return;
    coordinator = std::make_unique<Coordinator>(study, hosts, options, placement, signals);
  });
  auto const rank = static_cast<std::size_t>(world.rank());
  TrialWorker worker(study, world.rank(), hosts.at(rank), signals, group,
                     options.part ? std::optional(options.part->index) : std::nullopt);
  // What asks rank 0 to stop may not reach the others.
  Announcement stop(
      world, [&] { return signals.requested(); }, [&] { signals.learn_of_stop(); });
  auto scheduling = scheduler_options(study, options.part);
  if (options.survives_rank_loss) {
    scheduling.lost_after = std::chrono::seconds(10);
    scheduling.on_rank_lost = [&](int lost) {
      coordinator->lose(lost, hosts.at(static_cast<std::size_t>(lost)));
    };
  }
  if (options.on_begin) options.on_begin();
  run_grouped(group, coordinator ? &coordinator->source() : nullptr, std::ref(worker), scheduling);
  if (!options.survives_rank_loss) stop.finish();
  int exit_code = coordinator ? coordinator->finish() : exit_complete;
  if (!options.survives_rank_loss) world.broadcast(std::span(&exit_code, 1));
  return exit_code;
}

}  // namespace engram
