#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

namespace engram::bench {

/// What a plain NumPy program of the same work takes: it prints a line a figure, name and seconds.
/// Empty without a script, and, saying so, without an interpreter that has NumPy and SciPy:
/// ENGRAM_PYTHON, or python3.
inline std::map<std::string, double> peer_seconds(std::string const& script) {
  std::map<std::string, double> seconds;
  if (script.empty()) return seconds;
  char const* const given = std::getenv("ENGRAM_PYTHON");
  std::string const python = given != nullptr && *given != '\0' ? given : "python3";
  auto const quoted = "'" + python + "' ";
  if (std::system((quoted + "-c 'import numpy, scipy' 2>/dev/null").c_str()) != 0) {
    std::printf("no comparison: %s has no NumPy and SciPy (ENGRAM_PYTHON names another)\n",
                python.c_str());
    return seconds;
  }
  std::FILE* const pipe = popen((quoted + "'" + script + "'").c_str(), "r");
  if (pipe == nullptr) return seconds;
  char name[64];
  double value = 0.0;
  while (std::fscanf(pipe, "%63s %lf", name, &value) == 2) seconds[name] = value;
  pclose(pipe);
  return seconds;
}

}  // namespace engram::bench
