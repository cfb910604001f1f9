#include <filesystem>
#include <iostream>

#include "analysis/status.hpp"
#include "core/error.hpp"
#include "jobs/client.hpp"
#include "jobs/command.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/file_system.hpp"
#include "jobs/results_file.hpp"
#include "jobs/results_schema.hpp"
#include "jobs/run_launch.hpp"
#include "jobs/slurm_script.hpp"
#include "jobs/slurm_settings.hpp"
#include "jobs/study.hpp"

namespace engram {
namespace {

/// The exit code of a run that finds nothing left to do, or exit_continue.
int exit_code_of_results(Study const& study) {
  if (!file_exists(study.output)) return exit_continue;
  auto const results = read_results(study.output);
  if (!results.finished || match_study(results, empty_results(study)) != StudyMatch::same)
    return exit_continue;
  for (auto const status : results.status)
    if (status != Status::complete) return exit_failed_trials;
  return exit_complete;
}

/// A name that is safe in that of the job's output file.
std::string job_name(std::string name) {
  for (char& c : name)
    if (c == '/' || c == '"' || c == '\\' || c == '%') c = '_';
  return name;
}

int submit(std::string const& script) {
  auto const done = run_client({"sbatch", "--parsable"}, script);
  if (done.exit_code == 0) std::cout << done.output;
  return done.exit_code;
}

int slurm(Invocation const& call) {
  for (auto const* name : {"overwrite", "retry-failed", "restarts", "ranks"}) {
    if (call.passed.contains(name))
      throw UserError(
          std::string("--") + name +
          " is an option of engram run, and a job that requeues itself would repeat it");
  }
  if (call.has("extend") && call.has("array"))
    throw UserError("--extend is for the whole study: run it once without --array");
  std::filesystem::path const file = call.arguments[0];
  auto const study = read_study(file, call.overrides);
  if (call.has("finished")) return exit_code_of_results(study);
  SlurmStudy const job{
      .name = job_name(study.name),
      .program = this_program(call),
      .study = std::filesystem::absolute(file).lexically_normal(),
      .results = std::filesystem::absolute(study.output).lexically_normal(),
      .folder = std::filesystem::current_path(),
      .overrides = call.overrides,
      .extends = call.has("extend"),
  };
  auto const script = write_slurm_script(job, read_slurm_settings(call));
  if (call.has("submit")) return submit(script);
  std::cout << script;
  return exit_complete;
}

int cancel(Invocation const& call) {
  std::filesystem::path const file = call.arguments[0];
  auto const results = read_results(file);
  if (results.finished) throw UserError(file.string() + " is finished: there is nothing to cancel");
  auto const job = study_status(results, {}).job;
  if (!job) throw UserError(file.string() + " was last written to without Slurm");
  auto const id = job->id.substr(0, job->id.find('_'));  // all of an array's
  auto const done = run_client({"scancel", id});
  if (done.exit_code == 0) std::cout << "cancelled job " << id << "\n";
  return done.exit_code;
}

std::vector<CommandOption> options_of_slurm() {
  auto options = slurm_setting_options();
  options.insert(
      options.end(),
      {
          {"array", "N", "N independent allocations, each of which runs a part of the study"},
          {"extend", "", "continue a results file of the same study with fewer trials"},
          {"site-file", "FILE", "settings of the site; default ~/.config/engram/slurm.ini"},
          {"submit", "", "hand the script to sbatch, and print the job's number"},
          {"finished", "",
           "no script: exit code 0 if the results file has the whole study, 3 if trials failed, 4 "
           "if it is not finished"},
      });
  return options;
}

}  // namespace

Command slurm_command() {
  return {
      .name = "slurm",
      .arguments = {"STUDY.ini"},
      .summary = "Prints, or submits, a batch script that runs a study on a Slurm cluster.",
      .details =
          "The job ends in good order ahead of its time limit and requeues itself until the study "
          "is finished; so it does if nodes or ranks are lost, or the job is preempted. Any other "
          "--option or --option=value is one of sbatch: engram slurm STUDY.ini --nodes 4 "
          "--time 4:00:00 --constraint=skylake --submit.\n"
          "The site file is an INI file with a section [slurm] of options as below, without "
          "dashes, and a section [sbatch] of any of sbatch.",
      .options = options_of_slurm(),
      .takes_overrides = true,
      .passes_options = true,
      .run = slurm,
  };
}

Command cancel_command() {
  return {
      .name = "cancel",
      .arguments = {"RESULTS.h5"},
      .summary =
          "Cancels the Slurm job, or the whole array, that runs a study. What is recorded is "
          "kept.",
      .run = cancel,
  };
}

}  // namespace engram
