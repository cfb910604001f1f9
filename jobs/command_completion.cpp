#include <iostream>

#include "core/error.hpp"
#include "jobs/command.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/searcher.hpp"
#include "jobs/study.hpp"

namespace engram {
namespace {

std::string registered_names() {
  std::string names;
  for (auto const* experiment : ExperimentRegistry::instance().sorted()) {
    names += std::string(experiment->name()) + " ";
  }
  for (auto const& name : SearcherRegistry::instance().names()) names += name + " ";
  return names;
}

/// The words and files that may stand where `argument` is expected.
std::string completions_of(std::string const& argument) {
  if (argument == "STUDY.ini") return "_engram_files ini";
  if (argument == "RESULTS.h5") return "_engram_files h5";
  if (argument == "NAME") return "_engram_words \"" + registered_names() + "\"";
  return "_engram_words \"bash\"";
}

std::string case_of(Command const& command) {
  std::string options = "--help";
  for (auto const& option : command.options) options += " --" + option.name;
  if (command.takes_overrides) {
    for (auto const& key : study_keys()) options += " --study." + key.name;
  }
  std::string text = "    " + command.name + ")\n";
  text += "      if [[ $word == -* ]]; then _engram_words \"" + options + "\"; return; fi\n";
  if (!command.arguments.empty()) text += "      " + completions_of(command.arguments[0]) + "\n";
  return text + "      ;;\n";
}

std::string bash_script() {
  std::string names;
  for (auto const& command : all_commands()) names += command.name + " ";
  std::string text = R"(# Completion of engram for bash: source <(engram completion bash)
_engram_words() {
  COMPREPLY=($(compgen -W "$1" -- "$word"))
}
_engram_files() {
  local IFS=$'\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -d -- "$word") $(compgen -f -X "!*.$1" -- "$word"))
}
_engram() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} i command=
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} != -* ]]; then command=${COMP_WORDS[i]}; break; fi
  done
  case $previous in
    --format) _engram_words "csv json"; return ;;
    --output | -o) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case $command in
    "") _engram_words ")";
  text += names + "--help\" ;;\n";
  for (auto const& command : all_commands()) text += case_of(command);
  return text + "  esac\n}\ncomplete -F _engram engram\n";
}

int complete(Invocation const& call) {
  if (call.arguments[0] != "bash") {
    throw UserError("engram completion: expected bash, got '" + call.arguments[0] + "'");
  }
  std::cout << bash_script();
  return exit_complete;
}

}  // namespace

Command completion_command() {
  return {
      .name = "completion",
      .arguments = {"bash"},
      .summary = "Prints a completion script: source <(engram completion bash).",
      .run = complete,
  };
}

}  // namespace engram
