#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>
#include <span>
#include <system_error>

#include "analysis/table.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "jobs/byte_stream.hpp"
#include "jobs/command.hpp"
#include "jobs/duration.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/in_use_error.hpp"
#include "jobs/input_tables.hpp"
#include "jobs/launch_note.hpp"
#include "jobs/part_files.hpp"
#include "jobs/provenance.hpp"
#include "jobs/results_file.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/results_store.hpp"
#include "jobs/run_launch.hpp"
#include "jobs/runner.hpp"
#include "jobs/watchdog.hpp"
#include "parallel/environment.hpp"
#include "parallel/failure.hpp"

namespace engram {
namespace {

constexpr std::size_t max_shown_trials = 20;

/// The study as rank 0 reads it, on all ranks: other nodes may not see its files. Collective.
Study shared_study(Communicator const& world, Invocation const& call) {
  std::filesystem::path const file = call.arguments[0];
  Study study;
  Bytes message;
  on_all_ranks(world, [&] {
    if (!world.is_root()) return;
    study = read_study(file, call.overrides);
    ByteWriter out(message);
    out.text(study.to_ini());
    out.text(study.output.string());
    out.number(study.ranks_per_trial);
    encode(study.inputs, message);
    encode(study.point_files, message);
  });
  message = world.broadcast(std::move(message));
  on_all_ranks(world, [&] {
    if (world.is_root()) return;
    std::span<std::byte const> rest = message;
    ByteReader in(rest);
    auto const text = in.text(), output = in.text();
    auto const ranks_per_trial = in.number<int>();
    auto inputs = decode_inputs(rest);
    auto const points = decode_point_files(rest);
    study = parse_study(text, file.string(), {},
                        [&](std::string const& key, std::string const&) { return points.at(key); });
    study.output = output;
    study.ranks_per_trial = ranks_per_trial;
    study.inputs = std::move(inputs);
  });
  return study;
}

std::string command_line_of(Invocation const& call) {
  return joined(std::vector<std::string>(*call.argv, *call.argv + *call.argc), " ");
}

struct Recorded {
  std::set<std::uint64_t> ids = {};
  std::string stopped_by = {};  ///< the rule that ended the study
};

/// The trials that a run would find recorded. Throws UserError if it would refuse them.
Recorded recorded_trials(Study const& study, Invocation const& call) {
  if (call.has("overwrite")) return {};
  std::error_code ignored;
  bool const has_file = std::filesystem::exists(study.output, ignored);
  if (!has_file && !std::filesystem::exists(journal_path(study.output), ignored) &&
      parts_with_journals(study.output).empty())
    return {};
  auto const results = read_results(study.output);
  if (!has_file && results.num_rows() == 0) return {};
  auto const ours = empty_results(study);
  auto const match = match_study(results, ours);
  bool const extensible = is_extensible(study);
  bool const is_extended = match == StudyMatch::fewer_trials && call.has("extend") && extensible;
  if (match != StudyMatch::same && !is_extended) {
    throw other_study(study.output, results, ours, extensible);
  }
  Recorded recorded;
  if (results.finished && !call.has("retry-failed")) recorded.stopped_by = results.stopped_by;
  for (std::size_t row = 0; row < results.num_rows(); ++row) {
    bool const is_kept = !call.has("retry-failed") || results.status[row] == Status::complete;
    if (is_kept) recorded.ids.insert(results.id[row]);
  }
  return recorded;
}

/// What would run, without writing anything.
void print_trials(Study const& study, Invocation const& call) {
  auto const [recorded, stopped_by] = recorded_trials(study, call);
  if (!stopped_by.empty()) {
    std::cout << "study " << study.name << ": ended by study." << stopped_by << " after "
              << recorded.size() << " of " << study.num_trials()
              << " trials; 0 trials would run; results in " << study.output.string()
              << "; nothing was written\n";
    return;
  }
  auto const searcher = study.make_searcher();
  TextTable table(1);
  table.add_column("trial");
  for (auto const& dimension : study.space) table.add_column(dimension.name());
  if (searcher->keeps_states()) table.add_column("budget");
  table.add_column("seed");

  std::size_t num_shown = 0;
  std::uint64_t id = 0;
  while (num_shown < max_shown_trials && !searcher->finished()) {
    auto const proposals = searcher->ask(max_shown_trials);
    if (proposals.empty()) break;
    for (auto const& proposal : proposals) {
      for (std::uint64_t r = 0; r < study.replicates; ++r, ++id) {
        if (num_shown == max_shown_trials || recorded.contains(id)) continue;
        ++num_shown;
        std::vector<std::string> cells{std::to_string(id)};
        for (auto const& value : proposal.values) cells.push_back(to_string(value));
        if (searcher->keeps_states()) cells.push_back(to_text(proposal.budget));
        cells.push_back(std::to_string(study.trial(id, proposal).seed));
        table.add_row(std::move(cells));
      }
    }
  }
  auto const num_left =
      study.num_trials() - std::min(study.num_trials(), std::uint64_t(recorded.size()));
  table.print(std::cout, 100);
  std::cout << "study " << study.name << ": " << study.experiment->name() << ", searcher "
            << study.searcher->name << ", " << study.num_points << " points x " << study.replicates
            << " replicates\n"
            << num_left << " trials would run";
  if (!recorded.empty()) std::cout << ", " << recorded.size() << " are recorded already";
  std::cout << "; results in " << study.output.string() << "; nothing was written\n";
}

/// "2/4", from 0/4 to 3/4.
std::optional<Part> part_of(Invocation const& call) {
  if (!call.has("part")) return std::nullopt;
  constexpr int most_parts = 10'000;
  auto const& text = call.options.at("part");
  Part part;
  auto const* const end = text.data() + text.size();
  auto const index = std::from_chars(text.data(), end, part.index);
  bool const has_count = index.ec == std::errc() && index.ptr != end && *index.ptr == '/';
  auto const count = has_count ? std::from_chars(index.ptr + 1, end, part.count) : index;
  if (!has_count || count.ec != std::errc() || count.ptr != end || part.count > most_parts ||
      part.index < 0 || part.index >= part.count)
    throw UserError("--part: expected K/N with K from 0 to N - 1, for example 0/4, got '" + text +
                    "'");
  for (auto const* const name : {"overwrite", "extend", "retry-failed"})
    if (call.has(name))
      throw UserError(std::string("--") + name +
                      " is for the whole study: run it once without --part, before its parts");
  return part;
}

StopLimits stop_limits(Invocation const& call) {
  StopLimits limits;
  if (call.has("max-time"))
    limits.max_time_s = parse_duration(call.options.at("max-time"), "--max-time");
  if (call.has("grace")) limits.grace_s = parse_duration(call.options.at("grace"), "--grace");
  return limits;
}

int run_on_ranks(Environment const& environment, Invocation const& call, LaunchNote& note) {
  auto const& world = environment.world();
  // What comes before the trials is collective: there, nobody can go on without the lost.
  Watchdog beginning([] {
    print_error("a rank was lost before the first trial; run the same command again");
    std::_Exit(exit_internal_error);
  });
  if (call.has("survive-rank-loss")) beginning.begin(std::chrono::minutes(2));
  try {
    auto const study = shared_study(world, call);
    if (call.has("dry-run")) {
      on_all_ranks(world, [&] {
        if (world.is_root()) print_trials(study, call);
      });
      return exit_complete;
    }
    if (call.has("survive-rank-loss") && study.ranks_per_trial > 1)
      throw UserError(
          "--survive-rank-loss: expected study.ranks_per_trial = 1, as a group of ranks can't do "
          "without one of them; use --restarts instead");
    if (call.has("survive-rank-loss") && launcher_ends_all_with_one())
      throw UserError(
          "--survive-rank-loss: this mpirun ends all ranks when one dies; give it "
          "--enable-recovery");
    auto const hosts = gather_texts(world, environment.host());
    RunOptions options;
    if (call.has("overwrite")) options.mode = OpenMode::overwrite;
    if (call.has("extend")) options.mode = OpenMode::extend;
    options.retry_failed = call.has("retry-failed");
    options.part = part_of(call);
    options.limits = stop_limits(call);
    options.survives_rank_loss = call.has("survive-rank-loss") && world.size() > 1;
    if (options.survives_rank_loss) options.on_begin = [&] { beginning.end(); };
    options.quiet = call.has("quiet");
    options.progress = progress_style_of_stderr();
    options.provenance = make_provenance(environment, hosts, command_line_of(call));
    int const code = run_study(world, study, hosts, options);
    if (!options.survives_rank_loss) return code;
    note.end(code);
    std::cout << std::flush;
    std::_Exit(code);                    // MPI_Finalize would wait for the lost
  } catch (StorageError const& error) {  // of `on_all_ranks`, so the same on all
    if (world.is_root()) std::cerr << "engram: " << error.what() << std::endl;
    return exit_storage;
  } catch (InUseError const& error) {
    if (world.is_root()) std::cerr << "engram: " << error.what() << std::endl;
    return exit_in_use;
  }
}

int run(Invocation const& call) {
  if (call.has("overwrite") && (call.has("extend") || call.has("retry-failed"))) {
    throw UserError("--overwrite starts anew, so --extend and --retry-failed can't go with it");
  }
  part_of(call);  // refused before any process is started
  if (call.has("ranks") || call.has("restarts")) return launch_run(call);
  EnvironmentOptions options;
  options.num_threads = call.integer("threads", 1, 4096, 0);
  Environment const environment(*call.argc, *call.argv, options);
  LaunchNote note(environment.world().is_root());
  int const exit_code = environment.run([&] { return run_on_ranks(environment, call, note); });
  note.end(exit_code);
  return exit_code;
}

}  // namespace

Command run_command() {
  return {
      .name = "run",
      .arguments = {"STUDY.ini"},
      .summary = "Runs a study, or what is missing of it.",
      .details =
          "With one process, or with many: mpirun -n 8 engram run STUDY.ini. Every key of the "
          "study file can be given as --section.key value, which wins, for example --study.trials "
          "100.\n"
          "If the results file exists and its study is the same, the study is continued; otherwise "
          "engram says which keys differ and changes nothing. SIGINT (ctrl-C) or SIGTERM ends a "
          "run in good order, a second SIGINT at once; either way the same command continues it. "
          "So do "
          "SIGUSR1, SIGUSR2 and the end of --max-time, with exit code 4. Trials of experiments "
          "that "
          "save states go on where they were.\n"
          "Several allocations run a study together with --part 0/4 to --part 3/4, each when it "
          "comes; none runs a trial that another has claimed. The last to end writes the results "
          "file. A part that is run again does what is left of its own; without --part, all that "
          "is left is done, once no part runs.",
      .options =
          {
              {"overwrite", "", "start anew, whatever the results file holds"},
              {"extend", "", "continue a results file of the same study with fewer trials"},
              {"retry-failed", "", "run the trials again that failed or timed out"},
              {"dry-run", "", "show the trials that would run, and write nothing"},
              {"part", "K/N",
               "run part K, from 0, of a study that N allocations run together on a shared file "
               "system"},
              {"max-time", "TIME",
               "end in good order after this time, as after a signal: 90s, 15m, 2h, 1-12:00:00"},
              {"grace", "TIME",
               "asked to stop, let running trials go on for this long to end or save their states; "
               "default 20s"},
              {"ranks", "N",
               "start mpiexec (or what ENGRAM_MPIEXEC names) with this number of ranks"},
              {"restarts", "N",
               "start again up to so many times if a rank is killed or aborts, with --ranks"},
              {"survive-rank-loss", "",
               "go on without ranks that are killed, with Open MPI's mpirun --enable-recovery "
               "(as --ranks starts it): nothing is heard of them for 10 s, then others get their "
               "trials"},
              {"threads", "N",
               "threads a rank; by default the cores of the node shared by its ranks"},
              {"quiet", "", "print errors and failed trials only", 'q'},
          },
      .takes_overrides = true,
      .uses_all_ranks = true,
      .run = run,
  };
}

}  // namespace engram
