#include "jobs/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "jobs/exit_code.hpp"
#include "jobs/trial_text.hpp"

namespace engram {
namespace {

constexpr std::array stop_signals{SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
constexpr std::array fatal_signals{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

// Signal handlers have no arguments of their own: what they need is here.
using Clock = StopSignals::Clock;
constexpr Clock::rep never = std::numeric_limits<Clock::rep>::max();
std::atomic<Clock::rep> stop_requested_at{never};
std::atomic<Clock::rep> trials_end_at{never};
std::atomic<Clock::rep> grace{0};
std::atomic<bool> is_settled{true};
std::atomic<std::atomic<std::uint32_t>*> end_of_process{nullptr};

void note_end(std::uint32_t what) {
  std::uint32_t before = StopSignals::unknown;
  if (auto* const end = end_of_process.load()) end->compare_exchange_strong(before, what);
}
std::atomic<int> num_interrupts{0};
std::atomic<bool> second_interrupt_exits{false};
std::array<struct sigaction, stop_signals.size()> previous_stop_actions;
struct sigaction previous_file_size_action;

std::atomic<Trial const*> crash_trials{nullptr};
std::atomic<std::size_t> num_crash_trials{0};
std::atomic<SearchSpace const*> crash_space{nullptr};
std::array<char, 512> crash_place;
std::array<struct sigaction, fatal_signals.size()> previous_fatal_actions;

static_assert(std::atomic<Trial const*>::is_always_lock_free);

void print(std::string_view text) {
  [[maybe_unused]] auto const written = ::write(STDERR_FILENO, text.data(), text.size());
}

void request_stop() {
  auto const now = Clock::now().time_since_epoch().count();
  stop_requested_at = now;
  is_settled = false;
  StopSignals::note_told();
  if (trials_end_at.load() > now + grace) trials_end_at = now + grace;
}

void on_stop_signal(int signal) {
  request_stop();
  if (signal != SIGINT || ++num_interrupts < 2 || !second_interrupt_exits) return;
  print("\nengram: interrupted twice, ends at once; run the same command again to continue\n");
  ::_exit(exit_continue);
}

std::string_view name_of(int signal) {
  switch (signal) {
    case SIGABRT:
      return "abort";
    case SIGSEGV:
      return "segmentation fault";
    case SIGBUS:
      return "bus error";
    case SIGFPE:
      return "arithmetic exception";
    default:
      return "illegal instruction";
  }
}

void on_fatal_signal(int signal) {
  note_end(StopSignals::fatal_signal);
  for (std::size_t i = 0; i < fatal_signals.size(); ++i) {
    ::sigaction(fatal_signals[i], &previous_fatal_actions[i], nullptr);
  }
  if (auto const* trials = crash_trials.load(); trials && crash_space) {
    std::array<char, 2048> buffer;
    print("\nengram: ");
    print(name_of(signal));
    print(crash_place.data());
    for (std::size_t i = 0; i < num_crash_trials; ++i) {
      auto const text = write_trial(trials[i], *crash_space, buffer);
      print(i == 0 ? " while it evaluated " : ", ");
      print({text.data(), text.size()});
    }
    print("; run the same command again to continue\n");
  }
  ::raise(signal);
}

template <std::size_t n>
void install(std::array<int, n> const& signals, void (*handler)(int),
             std::array<struct sigaction, n>& previous) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < n; ++i) ::sigaction(signals[i], &action, &previous[i]);
}

template <std::size_t n>
void restore(std::array<int, n> const& signals, std::array<struct sigaction, n> const& previous) {
  for (std::size_t i = 0; i < n; ++i) ::sigaction(signals[i], &previous[i], nullptr);
}

}  // namespace

StopSignals::StopSignals(bool decides, StopLimits const& limits)
    : decides_(decides), grace_s_(limits.grace_s), trials_end_(never) {
  auto const ticks = [](double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  grace = ticks(limits.grace_s).count();
  if (limits.max_time_s > 0.0) {
    time_limit_ = Clock::now() + ticks(limits.max_time_s);
    trials_end_ = time_limit_->time_since_epoch().count() + grace;
  }
  trials_end_at = trials_end_;
  is_settled = true;
  stop_requested_at = never;
  num_interrupts = 0;
  second_interrupt_exits = decides;
  install(stop_signals, on_stop_signal, previous_stop_actions);
  struct sigaction ignored {};
  ignored.sa_handler = SIG_IGN;
  ::sigaction(SIGXFSZ, &ignored, &previous_file_size_action);
}

StopSignals::~StopSignals() {
  restore(stop_signals, previous_stop_actions);
  ::sigaction(SIGXFSZ, &previous_file_size_action, nullptr);
}

void StopSignals::note_end_in(std::atomic<std::uint32_t>* end) {
  end_of_process = end;
}

void StopSignals::note_told() {
  note_end(told);
}

void StopSignals::learn_of_stop() {
  decides_ = true;
  request_stop();
}

bool StopSignals::suspends() const {
  return !is_settled || time_is_over();
}

void StopSignals::settle() {
  if (decides_) return;
  is_settled = true;
  trials_end_at = trials_end_;
}

std::atomic<StopSignals::Clock::rep> const& StopSignals::trials_end() const {
  return trials_end_at;
}

bool StopSignals::requested() const {
  if (time_is_over()) return true;
  auto const at = stop_requested_at.load(std::memory_order_relaxed);
  if (at == never) return false;
  return decides_ ||
         Clock::now() < Clock::time_point(Clock::duration(at)) + std::chrono::seconds(2);
}

CrashReport::CrashReport(int rank, std::string const& host, SearchSpace const& space) {
  auto const place = " on rank " + std::to_string(rank) + " (" + host + ")";
  crash_place.fill('\0');
  std::strncpy(crash_place.data(), place.c_str(), crash_place.size() - 1);
  crash_space = &space;
  install(fatal_signals, on_fatal_signal, previous_fatal_actions);
}

CrashReport::~CrashReport() {
  restore(fatal_signals, previous_fatal_actions);
  clear();
  crash_space = nullptr;
}

void CrashReport::set(std::span<Trial const> trials) {
  // Never a count that is larger than what the pointer has.
  num_crash_trials = 0;
  crash_trials = trials.data();
  num_crash_trials = trials.size();
}

}  // namespace engram
