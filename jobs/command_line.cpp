#include "jobs/command_line.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string_view>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "core/text.hpp"
#include "jobs/command.hpp"
#include "jobs/exit_code.hpp"
#include "jobs/storage_error.hpp"
#include "jobs/study.hpp"

namespace engram {
namespace {

namespace po = boost::program_options;

constexpr char const* exit_codes_text =
    "Exit codes:\n"
    "  0  everything asked for is done: every trial of the study is complete\n"
    "  1  a fault of engram, or a rank that aborted; run the same command again to continue\n"
    "  2  bad input; nothing was written\n"
    "  3  the study ended, but some trials failed or timed out\n"
    "  4  interrupted in good order; run the same command again to continue\n"
    "  5  results could not be written: disk full, no permission\n"
    "  6  another run has the results file; nothing was written\n";

/// The number of this process by the launcher's word, for commands that don't start MPI.
int launched_rank() {
  for (char const* name :
       {"PMIX_RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK"}) {
    if (char const* value = std::getenv(name)) return std::atoi(value);
  }
  return 0;
}

std::string left_column(CommandOption const& option) {
  std::string text = option.letter ? std::string("-") + option.letter + ", " : "";
  text += "--" + option.name;
  return option.value.empty() ? text : text + " " + option.value;
}

void add_row(std::string& text, std::string const& left, std::string const& right) {
  constexpr std::size_t indent = 24;
  auto const head = "  " + left;
  auto const body = wrapped(right, indent);
  text += head.size() < indent - 1 ? head + body.substr(head.size()) : head + "\n" + body;
}

std::string usage(Command const& command) {
  std::string text = "engram " + command.name;
  for (auto const& argument : command.arguments) text += " " + argument;
  if (command.takes_overrides) text += " [--section.key value …]";
  return command.options.empty() ? text : text + " [options]";
}

std::string help_of(Command const& command) {
  std::string text = "Usage: " + usage(command) + "\n\n" + wrapped(command.summary, 0);
  if (!command.details.empty()) text += "\n" + wrapped(command.details, 0);
  text += "\nOptions:\n";
  for (auto const& option : command.options) add_row(text, left_column(option), option.meaning);
  add_row(text, "-h, --help", "this text");
  if (command.takes_overrides) {
    text += "\nKeys of [study], in the study file or as --study.KEY VALUE:\n";
    for (auto const& key : study_keys()) {
      bool const is_free = key.is_text() && key.choices.empty();
      add_row(text, key.name, key.meaning + (is_free ? "" : "; " + key.expectation()));
    }
  }
  return text + "\n" + exit_codes_text;
}

std::string help_of_program() {
  std::string text =
      "Usage: engram COMMAND …\n\n"
      "Runs populations of brain-inspired learning experiments on 1 to N MPI ranks, with every\n"
      "result in one HDF5 file: mpirun -n 8 engram run STUDY.ini\n\nCommands:\n";
  for (auto const& command : all_commands()) add_row(text, command.name, command.summary);
  return text + "\nengram COMMAND --help says more about each.\n\n" + exit_codes_text;
}

Command const& find_command(std::string const& name) {
  std::vector<std::string> names;
  for (auto const& command : all_commands()) {
    if (command.name == name) return command;
    names.push_back(command.name);
  }
  throw UserError("there is no command " + in_quotes(name) + did_you_mean(name, names) +
                  "; engram --help lists all");
}

bool is_override(std::string_view word) {
  auto const name = word.substr(0, word.find('='));
  return name.starts_with("--") && name.find('.') != std::string_view::npos;
}

/// Moves "--section.key value" and "--section.key=value" out of `words`.
std::vector<std::pair<std::string, std::string>> take_overrides(std::vector<std::string>& words) {
  std::vector<std::pair<std::string, std::string>> overrides;
  std::vector<std::string> others;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!is_override(words[i])) {
      others.push_back(words[i]);
      continue;
    }
    auto const equals = words[i].find('=');
    auto const name = words[i].substr(2, equals == std::string::npos ? equals : equals - 2);
    if (equals != std::string::npos) {
      overrides.emplace_back(name, words[i].substr(equals + 1));
    } else if (i + 1 < words.size() && !words[i + 1].starts_with("--")) {
      overrides.emplace_back(name, words[++i]);
    } else {
      throw UserError("command line: --" + name + ": expected a value after it");
    }
  }
  words = std::move(others);
  return overrides;
}

/// Moves "--name" and "--name=value" that are no options of `command` out of `words`.
std::map<std::string, std::string> take_passed(Command const& command,
                                               std::vector<std::string>& words) {
  std::set<std::string> known{"help"};
  for (auto const& option : command.options) known.insert(option.name);
  std::map<std::string, std::string> passed;
  std::erase_if(words, [&](std::string const& word) {
    if (!word.starts_with("--")) return false;
    auto const equals = std::min(word.find('='), word.size());
    auto const name = word.substr(2, equals - 2);
    if (known.contains(name)) return false;
    passed[name] = equals < word.size() ? word.substr(equals + 1) : "";
    return true;
  });
  return passed;
}

po::options_description describe_options(Command const& command) {
  po::options_description options;
  options.add_options()("help,h", "")("argument", po::value<std::vector<std::string>>(), "");
  for (auto const& option : command.options) {
    auto const name = option.letter ? option.name + "," + option.letter : option.name;
    if (option.value.empty()) {
      options.add_options()(name.c_str(), "");
    } else {
      options.add_options()(name.c_str(), po::value<std::string>(), "");
    }
  }
  return options;
}

po::variables_map parse(Command const& command, std::vector<std::string> const& words) {
  using Style = po::command_line_style::style_t;
  auto const style = static_cast<Style>(po::command_line_style::unix_style &
                                        ~po::command_line_style::allow_guessing);
  po::positional_options_description positional;
  positional.add("argument", -1);
  auto const options = describe_options(command);
  try {
    po::variables_map values;
    po::store(
        po::command_line_parser(words).options(options).positional(positional).style(style).run(),
        values);
    return values;
  } catch (po::unknown_option const& error) {
    std::vector<std::string> names{"--help"};
    for (auto const& option : command.options) names.push_back("--" + option.name);
    auto const name = error.get_option_name();
    throw UserError("engram " + command.name + " has no option " + in_quotes(name) +
                    did_you_mean(name, names) + "; engram " + command.name + " --help lists all");
  } catch (po::error const& error) {
    throw UserError("engram " + command.name + ": " + error.what());
  }
}

Invocation make_invocation(Command const& command, po::variables_map const& values) {
  Invocation invocation;
  if (values.contains("argument")) {
    invocation.arguments = values["argument"].as<std::vector<std::string>>();
  }
  for (auto const& option : command.options) {
    if (!values.contains(option.name)) continue;
    invocation.options[option.name] =
        option.value.empty() ? "" : values[option.name].as<std::string>();
  }
  if (invocation.arguments.size() != command.arguments.size()) {
    auto const& given = invocation.arguments;
    auto const problem =
        given.size() < command.arguments.size()
            ? command.arguments[given.size()] + " is missing"
            : in_quotes(given[command.arguments.size()]) + " is one argument too many";
    throw UserError("engram " + command.name + ": " + problem + "; usage: " + usage(command));
  }
  return invocation;
}

int dispatch(int& argc, char**& argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) throw UserError("expected a command; engram --help lists all");
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    if (launched_rank() == 0) std::cout << help_of_program();
    return exit_complete;
  }
  if (words[0] == "--version") words[0] = "version";
  auto const& command = find_command(words[0]);
  words.erase(words.begin());
  std::vector<std::pair<std::string, std::string>> overrides;
  if (command.takes_overrides) overrides = take_overrides(words);
  std::map<std::string, std::string> passed;
  if (command.passes_options) passed = take_passed(command, words);
  auto const values = parse(command, words);
  if (values.contains("help")) {
    if (launched_rank() == 0) std::cout << help_of(command);
    return exit_complete;
  }
  auto invocation = make_invocation(command, values);
  invocation.overrides = std::move(overrides);
  invocation.passed = std::move(passed);
  invocation.argc = &argc;
  invocation.argv = &argv;
  if (!command.uses_all_ranks && launched_rank() != 0) return exit_complete;
  return command.run(invocation);
}

int fail(std::string const& what, int exit_code) {
  // What is the same on all ranks is told by one; a fault may be one rank's own.
  if (launched_rank() == 0 || exit_code == exit_internal_error)
    std::cerr << "engram: " << what << std::endl;
  return exit_code;
}

}  // namespace

std::vector<Command> const& all_commands() {
  static std::vector<Command> const commands{
      list_command(),    describe_command(),  run_command(),    slurm_command(),
      cancel_command(),  status_command(),    report_command(), export_command(),
      version_command(), completion_command()};
  return commands;
}

int Invocation::integer(std::string const& option, int low, int high, int otherwise) const {
  auto const given = options.find(option);
  if (given == options.end()) return otherwise;
  auto const value = read_integer(given->second);
  if (!value || *value < low || *value > high) {
    throw UserError("--" + option + ": expected an integer in [" + std::to_string(low) + ", " +
                    std::to_string(high) + "], got " + in_quotes(given->second));
  }
  return static_cast<int>(*value);
}

std::string wrapped(std::string const& text, std::size_t indent, std::size_t width) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string current(indent, ' ');
    for (std::string word; words >> word;) {
      if (current.size() > indent && current.size() + 1 + word.size() > width) {
        result += current + "\n";
        current.assign(indent, ' ');
      }
      if (current.size() > indent) current += ' ';
      current += word;
    }
    result += (current.size() > indent ? current : "") + "\n";
  }
  return result;
}

int command_line(int argc, char** argv) {
  try {
    int const exit_code = dispatch(argc, argv);
    if (std::cout.flush()) return exit_code;
    return fail("cannot write to the standard output", exit_storage);
  } catch (UserError const& error) {
    return fail(error.what(), exit_user_error);
  } catch (StorageError const& error) {
    return fail(error.what(), exit_storage);
  } catch (std::exception const& error) {
    return fail(error.what(), exit_internal_error);
  }
}

}  // namespace engram
