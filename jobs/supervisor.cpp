#include "jobs/supervisor.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

#include "core/error.hpp"
#include "jobs/exit_code.hpp"

namespace engram {
namespace {

constexpr std::array passed_signals{SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
constexpr int exit_not_started = 127;

// For the signal handler.
std::atomic<pid_t> supervised_process{0};
std::atomic<bool> is_asked_to_end{false};

void pass_on(int signal) {
  is_asked_to_end = true;
  if (auto const process = supervised_process.load(); process > 0) ::kill(process, signal);
}

class PassedSignals {
 public:
  PassedSignals() {
    is_asked_to_end = false;
    struct sigaction action {};
    action.sa_handler = pass_on;
    ::sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < previous_.size(); ++i)
      ::sigaction(passed_signals[i], &action, &previous_[i]);
  }
  ~PassedSignals() {
    for (std::size_t i = 0; i < previous_.size(); ++i)
      ::sigaction(passed_signals[i], &previous_[i], nullptr);
  }
  PassedSignals(PassedSignals const&) = delete;
  PassedSignals& operator=(PassedSignals const&) = delete;

 private:
  std::array<struct sigaction, passed_signals.size()> previous_;
};

/// Where rank 0 of the runs says how they end (see LaunchNote).
class NoteFile {
 public:
  NoteFile() {
    std::error_code error;
    path_ = (std::filesystem::temp_directory_path(error) / "engram-launch-XXXXXX").string();
    int const file = error ? -1 : ::mkstemp(path_.data());
    if (file < 0) return;
    ::close(file);
    ::setenv("ENGRAM_LAUNCH_NOTE", path_.c_str(), 1);
  }
  ~NoteFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  NoteFile(NoteFile const&) = delete;
  NoteFile& operator=(NoteFile const&) = delete;

  /// Whether rank 0 began and has not said how it ended.
  bool has_no_end() const {
    char text = '\0';
    std::ifstream(path_).get(text);
    return text == '-';
  }

 private:
  std::string path_;
};

/// In the child: only calls that are safe after fork.
[[noreturn]] void become(std::vector<char*>& arguments, pid_t parent) {
  // A terminal's ctrl-C is for the parent, which passes it on: once.
  ::setpgid(0, 0);
#ifdef __linux__
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(exit_not_started);
#endif
  for (int const signal : passed_signals) ::signal(signal, SIG_DFL);
  ::execvp(arguments[0], arguments.data());
  ::_exit(exit_not_started);
}

int run_once(std::vector<std::string> const& command) {
  std::vector<char*> arguments;
  for (auto const& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  auto const parent = ::getpid();
  auto const child = ::fork();
  if (child < 0) throw UserError(std::string("cannot start a process: ") + std::strerror(errno));
  if (child == 0) become(arguments, parent);
  supervised_process = child;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  supervised_process = 0;
  if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
  if (WEXITSTATUS(status) == exit_not_started)
    throw UserError("cannot start " + command[0] + "; set ENGRAM_MPIEXEC to your mpiexec");
  return WEXITSTATUS(status);
}

/// The codes of a study that ended, or that another try would not help.
bool is_good_order(int exit_code) {
  return exit_code == exit_complete || exit_code == exit_user_error ||
         exit_code == exit_failed_trials || exit_code == exit_continue ||
         exit_code == exit_storage || exit_code == exit_in_use;
}

}  // namespace

int run_supervised(std::vector<std::string> const& first, std::vector<std::string> const& again,
                   int num_restarts) {
  PassedSignals const signals;
  NoteFile const note;
  for (int i_restart = 0;; ++i_restart) {
    int code = run_once(i_restart == 0 ? first : again);
    // mpirun --enable-recovery makes nothing of it.
    if (code == exit_complete && note.has_no_end()) code = exit_internal_error;
    if (is_good_order(code) || is_asked_to_end || i_restart == num_restarts) return code;
    std::cerr << "engram: the run ended with code " << code << "; restart " << i_restart + 1
              << " of " << num_restarts << std::endl;
  }
}

}  // namespace engram
