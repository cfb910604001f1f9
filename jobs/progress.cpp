#include "jobs/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "analysis/format.hpp"

namespace engram {
namespace {

constexpr std::chrono::milliseconds redraw_interval{200};
constexpr std::chrono::seconds longest_interval{10};
constexpr std::size_t bar_width = 24;

std::string padded_bar(double fraction) {
  auto text = bar(fraction, bar_width);
  auto const width = display_width(text);
  return text + std::string(bar_width - std::min(width, bar_width), ' ');
}

/// Whether the launcher of this rank, its parent, writes its own stderr to a terminal.
bool launcher_is_on_terminal() {
  if (!std::getenv("OMPI_COMM_WORLD_SIZE") && !std::getenv("PMI_SIZE")) return false;
  std::error_code error;
  auto const target = std::filesystem::read_symlink(
      "/proc/" + std::to_string(::getppid()) + "/fd/" + std::to_string(STDERR_FILENO), error);
  return !error &&
         (target.string().starts_with("/dev/pts/") || target.string().starts_with("/dev/tty"));
}

}  // namespace

ProgressStyle progress_style_of_stderr() {
  bool const on_terminal = ::isatty(STDERR_FILENO) != 0 || launcher_is_on_terminal();
  return on_terminal ? ProgressStyle::bar : ProgressStyle::lines;
}

Progress::Progress(std::ostream& out, ProgressStyle style, std::string objective,
                   std::uint64_t num_trials, std::uint64_t num_before, Clock::time_point start)
    : out_(out),
      style_(style),
      objective_(std::move(objective)),
      num_trials_(num_trials),
      num_before_(num_before),
      start_(start),
      next_(start + interval_) {
  if (style_ == ProgressStyle::bar) next_ = start;
}

void Progress::update(State const& state, Clock::time_point now) {
  if (style_ == ProgressStyle::none || now < next_) return;
  draw(state, now);
  if (style_ == ProgressStyle::bar) {
    next_ = now + redraw_interval;
  } else {
    interval_ = std::min(2 * interval_, longest_interval);
    next_ = now + interval_;
  }
}

void Progress::message(std::string const& text) {
  if (drawn_.empty()) {
    out_ << text << '\n' << std::flush;
  } else {
    out_ << "\r\x1b[K" << text << '\n' << drawn_ << std::flush;
  }
}

void Progress::finish(State const& state, Clock::time_point now) {
  if (style_ == ProgressStyle::none) return;
  draw(state, now);
  if (style_ == ProgressStyle::bar) out_ << '\n' << std::flush;
  drawn_.clear();
}

void Progress::draw(State const& state, Clock::time_point now) {
  auto text = line(state, now);
  if (style_ == ProgressStyle::lines) {
    out_ << text << '\n' << std::flush;
    return;
  }
  drawn_ = "\r\x1b[K" + std::move(text);
  out_ << drawn_ << std::flush;
}

std::string Progress::line(State const& state, Clock::time_point now) const {
  double const elapsed_s = std::chrono::duration<double>(now - start_).count();
  double const num_new = static_cast<double>(state.num_done - num_before_);
  double const rate = elapsed_s > 0 ? num_new / elapsed_s : 0.0;
  double const fraction =
      num_trials_ == 0 ? 1.0
                       : static_cast<double>(state.num_done) / static_cast<double>(num_trials_);
  std::string text;
  if (style_ == ProgressStyle::bar) text += padded_bar(fraction) + " ";
  text += std::to_string(state.num_done) + "/" + std::to_string(num_trials_) + " trials";
  if (state.num_failed > 0) text += ", " + std::to_string(state.num_failed) + " failed";
  if (!std::isnan(state.best)) text += ", best " + objective_ + " " + format_number(state.best);
  if (rate > 0) {
    text += ", " + format_number(rate) + "/s, ";
    if (state.num_done < num_trials_) {
      double const left_s = static_cast<double>(num_trials_ - state.num_done) / rate;
      text += format_duration(left_s) + " left";
    } else {
      text += "in " + format_duration(elapsed_s);
    }
  }
  return text;
}

}  // namespace engram
