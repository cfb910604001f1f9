#include "parallel/schedules.hpp"

#if ENGRAM_HAVE_MPI

#include <algorithm>
#include <chrono>
#include <list>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "parallel/dispatcher.hpp"
#include "parallel/service_thread.hpp"

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace engram {

namespace {

using std::chrono::microseconds;
constexpr microseconds shortest_sleep{20};
constexpr microseconds longest_sleep{1000};

/// Waiting for a message without taking a core from those that compute: blocking calls of MPI
/// libraries spin.
class Patience {
 public:
  void wait() {
    constexpr int num_spins = 50;
    constexpr int num_yields = 50;
    if (++num_waits_ <= num_spins) return;
    if (num_waits_ <= num_spins + num_yields) return std::this_thread::yield();
    std::this_thread::sleep_for(sleep_);
    sleep_ = std::min(sleep_ * 3 / 2, longest_sleep);
  }

 private:
  int num_waits_ = 0;
  microseconds sleep_ = shortest_sleep;
};

struct Message {
  int rank;
  int tag;
  Bytes bytes;
};

/// A message that has arrived, if any.
std::optional<Message> try_receive(MPI_Comm communicator, int source, int tag) {
  int arrived = 0;
  MPI_Message handle;
  MPI_Status status;
  check_mpi(MPI_Improbe(source, tag, communicator, &arrived, &handle, &status), "MPI_Improbe");
  if (!arrived) return {};
  MPI_Count num_bytes = 0;
  check_mpi(MPI_Get_elements_x(&status, MPI_BYTE, &num_bytes), "MPI_Get_elements_x");
  Message message{status.MPI_SOURCE, status.MPI_TAG, Bytes(num_bytes)};
  ByteCount const bytes(message.bytes.size());
  check_mpi(
      MPI_Mrecv(message.bytes.data(), bytes.count(), bytes.type(), &handle, MPI_STATUS_IGNORE),
      "MPI_Mrecv");
  return message;
}

/// Bytes on their way to a rank; they stay where they are until it has them.
class Sending {
 public:
  Sending(MPI_Comm communicator, int rank, int tag, Bytes bytes) : bytes_(std::move(bytes)) {
    ByteCount const count(bytes_.size());
    check_mpi(
        MPI_Isend(bytes_.data(), count.count(), count.type(), rank, tag, communicator, &request_),
        "MPI_Isend");
  }
  ~Sending() {
    // Given up after an error: MPI may still read the bytes, so they stay until the process ends.
    static std::vector<Bytes> abandoned;
    if (request_ != MPI_REQUEST_NULL) abandoned.push_back(std::move(bytes_));
  }
  Sending(Sending const&) = delete;
  Sending& operator=(Sending const&) = delete;

  bool complete() {
    int sent = 0;
    check_mpi(MPI_Test(&request_, &sent, MPI_STATUS_IGNORE), "MPI_Test");
    return sent != 0;
  }

 private:
  Bytes bytes_;
  MPI_Request request_ = MPI_REQUEST_NULL;
};

/// How the run ended, for the other ranks: empty, or the kind of error and its text.
Bytes describe_error(std::exception_ptr const& error) {
  if (!error) return {};
  std::string text = "Ean exception of unknown type on rank 0";
  try {
    std::rethrow_exception(error);
  } catch (UserError const& user_error) {
    text = std::string("U") + user_error.what();
  } catch (std::exception const& exception) {
    text = std::string("E") + exception.what();
  } catch (...) {
  }
  auto const bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void throw_described_error(Bytes const& description) {
  if (description.empty()) return;
  std::string const text(reinterpret_cast<char const*>(description.data()), description.size());
  if (text.front() == 'U') throw UserError(text.substr(1));
  throw std::runtime_error(text.substr(1));
}

/// The other ranks, as rank 0's service thread sees them.
class OtherRanks {
 public:
  explicit OtherRanks(MPI_Comm communicator) : communicator_(communicator) {}
  OtherRanks(OtherRanks const&) = delete;
  OtherRanks& operator=(OtherRanks const&) = delete;

  void send(int rank, int tag, Bytes bytes) {
    sendings_.remove_if([](Sending& sending) { return sending.complete(); });
    sendings_.emplace_back(communicator_, rank, tag, std::move(bytes));
  }

  /// Ends `serve_root` on all of them; with an error, if `error` is one.
  void end(std::exception_ptr const& error) {
    int num_ranks = 0;
    check_mpi(MPI_Comm_size(communicator_, &num_ranks), "MPI_Comm_size");
    Bytes const description = describe_error(error);
    for (int rank = 1; rank < num_ranks; ++rank) send(rank, tag_stop, description);
  }

  void wait_until_sent() {
    for (Sending& sending : sendings_) {
      for (Patience patience; !sending.complete();) patience.wait();
    }
  }

  std::optional<Message> try_receive() const {
    return engram::try_receive(communicator_, MPI_ANY_SOURCE, tag_outcome);
  }

 private:
  MPI_Comm communicator_;
  std::list<Sending> sendings_;
};

/// The kernel may delay a sleeping thread's wake-up by its timer slack: by default 50 us, more than
/// the service thread's shortest sleep.
void sharpen_sleep() {
#ifdef __linux__
  prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);  // ns
#endif
}

// Shares its core with rank 0's computation, so it sleeps for about as long as nothing came before:
// a fraction of the time between messages, whatever that is.
void serve(Dispatcher& dispatcher, OtherRanks& others) {
  sharpen_sleep();
  microseconds sleep = shortest_sleep;
  while (!dispatcher.stopped()) {
    auto message = others.try_receive();
    if (message) dispatcher.accept(message->rank, unpack(std::move(message->bytes)));
    for (auto& [rank, chunk] : dispatcher.hand_out()) {
      others.send(rank, tag_chunk, std::move(chunk));
    }
    dispatcher.tick_if_due();
    if (dispatcher.done()) {
      others.end({});
      return others.wait_until_sent();
    }
    if (message) {
      sleep = shortest_sleep;
    } else {
      dispatcher.sleep(sleep);
      sleep = std::min(sleep * 3 / 2, longest_sleep);
    }
  }
}

void run_root(MPI_Comm communicator, WorkSource& source, Worker const& worker,
              SchedulerOptions const& options) {
  int num_ranks = 0;
  check_mpi(MPI_Comm_size(communicator, &num_ranks), "MPI_Comm_size");
  Dispatcher dispatcher(source, num_ranks, options);
  OtherRanks others(communicator);
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

Message receive_from_root(MPI_Comm communicator) {
  for (Patience patience;; patience.wait()) {
    if (auto message = try_receive(communicator, 0, MPI_ANY_TAG)) return std::move(*message);
  }
}

void serve_root(MPI_Comm communicator, Worker const& worker) {
  while (true) {
    Message const message = receive_from_root(communicator);
    if (message.tag == tag_stop) return throw_described_error(message.bytes);
    // Waits until rank 0 has it: what was computed shall not wait for the next chunk to end. A stop
    // in the meantime can only come from an error.
    Sending sending(communicator, 0, tag_outcome, pack(evaluate(worker, message.bytes)));
    for (Patience patience; !sending.complete(); patience.wait()) {
      if (auto const stop = try_receive(communicator, 0, tag_stop)) {
        return throw_described_error(stop->bytes);
      }
    }
  }
}

}  // namespace

void run_dynamic(MPI_Comm communicator, WorkSource* source, Worker const& worker,
                 SchedulerOptions const& options) {
  if (source) {
    run_root(communicator, *source, worker, options);
  } else {
    serve_root(communicator, worker);
  }
}

}  // namespace engram

#endif
