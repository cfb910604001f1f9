#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

namespace engram::bench {

/// What a Python program of the same work measures: it prints a line a figure, name and value,
/// seconds where it doesn't say otherwise. Empty without a script, and, saying so, without an
/// interpreter that has `modules`: ENGRAM_PYTHON, or python3.
inline std::map<std::string, double> peer_figures(std::string const& script,
                                                  std::string const& modules = "numpy, scipy") {
  std::map<std::string, double> figures;
  if (script.empty()) return figures;
  char const* const given = std::getenv("ENGRAM_PYTHON");
  std::string const python = given != nullptr && *given != '\0' ? given : "python3";
  auto const quoted = "'" + python + "' ";
  if (std::system((quoted + "-c 'import " + modules + "' 2>/dev/null").c_str()) != 0) {
    std::printf("no comparison: %s has no %s (ENGRAM_PYTHON names another)\n", python.c_str(),
                modules.c_str());
    return figures;
  }
  std::FILE* const pipe = popen((quoted + "'" + script + "'").c_str(), "r");
  if (pipe == nullptr) return figures;
  char name[64];
  double value = 0.0;
  while (std::fscanf(pipe, "%63s %lf", name, &value) == 2) figures[name] = value;
  pclose(pipe);
  return figures;
}

}  // namespace engram::bench
