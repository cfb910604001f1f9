#include "parallel/root.hpp"

#if ENGRAM_HAVE_MPI

#include <array>
#include <chrono>
#include <memory>
#include <span>

#include "core/error.hpp"
#include "parallel/messages.hpp"
#include "parallel/outcome.hpp"
#include "parallel/patience.hpp"
#include "parallel/pulse.hpp"
#include "parallel/service_thread.hpp"

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace engram {

namespace {

void serve(Dispatcher& dispatcher, OtherRanks& others) {
  sharpen_sleep();
  auto sleep = shortest_sleep;
  while (!dispatcher.stopped()) {
    bool const received = others.receive(dispatcher);
    others.send(dispatcher.hand_out());
    dispatcher.tick_if_due();
    if (dispatcher.done()) {
      others.end({});
      return others.wait_until_sent();
    }
    if (received) {
      sleep = shortest_sleep;
    } else {
      dispatcher.sleep(sleep);
      sleep = sleep_after(sleep);
    }
  }
}

/// @param tags  of messages that are taken, the first of them first
Message receive_from(MPI_Comm communicator, int server, std::span<int const> tags) {
  for (Patience patience;; patience.wait()) {
    for (int const tag : tags) {
      if (auto message = try_receive(communicator, server, tag)) return std::move(*message);
    }
  }
}

}  // namespace

void sharpen_sleep() {
#ifdef __linux__
  prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);  // ns
#endif
}

void run_root(OtherRanks& others, int num_ranks, WorkSource& source, Worker const& worker,
              SchedulerOptions const& options) {
  Dispatcher dispatcher(source, num_ranks, options);
  try {
    ServiceThread service(dispatcher, [&] { serve(dispatcher, others); });
    compute(dispatcher, worker);
    service.finish();
  } catch (CommunicationError const&) {
    throw;
  } catch (...) {
    others.end(std::current_exception());
    throw;
  }
}

void compute_for(MPI_Comm communicator, int server, Worker const& worker,
                 std::chrono::milliseconds lost_after) {
  std::unique_ptr<Pulse> const pulse =
      lost_after.count() > 0 ? std::make_unique<Pulse>(communicator, server, lost_after) : nullptr;
  // The pulse has messages of its own.
  constexpr std::array<int, 1> any{MPI_ANY_TAG};
  constexpr std::array<int, 2> of_work{tag_stop, tag_chunk};
  auto const tags = pulse ? std::span<int const>(of_work) : std::span<int const>(any);
  while (true) {
    Message const message = receive_from(communicator, server, tags);
    if (message.tag == tag_stop) return throw_described_error(message.bytes);
    // Waits until the server has it: what was computed shall not wait for the next chunk to end. A
    // stop in the meantime can only come from an error.
    Sending sending(communicator, server, tag_outcome, pack(evaluate(worker, message.bytes)));
    for (Patience patience; !sending.complete(); patience.wait()) {
      if (auto const stop = try_receive(communicator, server, tag_stop)) {
        return throw_described_error(stop->bytes);
      }
    }
  }
}

}  // namespace engram

#endif
