#include "jobs/client.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "core/error.hpp"
#include "jobs/file_system.hpp"

namespace engram {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void throw_not_started(std::string const& program, int errno_value) {
  throw UserError("cannot start " + program + ": " + std::strerror(errno_value));
}

/// Without a name. A pipe would end us by SIGPIPE if the program ends before it has read all.
TemporaryFile file_with(std::string const& text, std::string const& program) {
  TemporaryFile file(std::tmpfile());
  if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fflush(file.get()) != 0)
    throw_not_started(program, errno);
  std::rewind(file.get());
  return file;
}

std::string read_to_end(FileDescriptor const& file) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    auto const size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

ClientResult run_client(std::vector<std::string> const& command, std::string const& input) {
  auto const& program = command.at(0);
  auto const standard_input = file_with(input, program);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_not_started(program, errno);
  FileDescriptor const reading(ends[0]);
  FileDescriptor writing(ends[1]);

  std::vector<char*> arguments;
  for (auto const& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(standard_input.get()), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
  pid_t process = 0;
  int const error =
      ::posix_spawnp(&process, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT)
    throw UserError("there is no " + program +
                    " on the PATH: this machine has no Slurm, or its module is not loaded");
  if (error != 0) throw_not_started(program, error);

  writing.reset();
  ClientResult result;
  result.output = read_to_end(reading);
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

}  // namespace engram
