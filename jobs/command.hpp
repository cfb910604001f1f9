#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace engram {

struct CommandOption {
  std::string name;   ///< without dashes
  std::string value;  ///< what its value is called, "N"; empty: the option has none
  std::string meaning;
  char letter = 0;  ///< "-o", or none
};

/// What was written on the command line after `engram COMMAND`.
struct Invocation {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> options;                  ///< given ones, by name
  std::vector<std::pair<std::string, std::string>> overrides;  ///< ("study.seed", "7")
  std::map<std::string, std::string> passed;                   ///< unknown ones, for others
  int* argc = nullptr;                                         ///< of main, for MPI
  char*** argv = nullptr;

  bool has(std::string const& option) const { return options.contains(option); }
  /// The option's value as an integer in [low, high], or `otherwise`. Throws UserError.
  int integer(std::string const& option, int low, int high, int otherwise) const;
};

/// A subcommand of engram.
struct Command {
  std::string name = {};
  std::vector<std::string> arguments = {};  ///< "STUDY.ini"; each is needed
  std::string summary = {};                 ///< one sentence
  std::string details = {};                 ///< further paragraphs of --help
  std::vector<CommandOption> options = {};
  bool takes_overrides = false;  ///< --section.key value
  bool passes_options = false;   ///< --unknown and --unknown=value are not mistakes
  bool uses_all_ranks = false;   ///< others do their work on the first process only
  int (*run)(Invocation const&) = nullptr;
};

Command list_command();
Command describe_command();
Command run_command();
Command slurm_command();
Command cancel_command();
Command status_command();
Command report_command();
Command export_command();
Command version_command();
Command completion_command();

/// All of them, in the order of --help.
std::vector<Command> const& all_commands();

/// Paragraphs broken into lines of at most `width` characters that begin with `indent` spaces.
std::string wrapped(std::string const& text, std::size_t indent, std::size_t width = 100);

}  // namespace engram
