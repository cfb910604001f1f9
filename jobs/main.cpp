#include "jobs/command_line.hpp"

int main(int argc, char** argv) {
  return engram::command_line(argc, argv);
}
