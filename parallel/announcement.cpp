#include "parallel/announcement.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "parallel/messages.hpp"
#include "parallel/patience.hpp"

namespace engram {

#if ENGRAM_HAVE_MPI

namespace {

constexpr int num_told_by_each = 8;
constexpr std::chrono::milliseconds pause_between_looks{100};
constexpr std::byte word_said{1}, word_end{0};

}  // namespace

class Announcement::Thread {
 public:
  Thread(Communicator world, std::function<bool()> is_said, std::function<void()> on_heard)
      : world_(std::move(world)),
        outbox_(mpi_handle(world_)),
        is_said_(std::move(is_said)),
        on_heard_(std::move(on_heard)),
        thread_([this] {
          try {
            world_.is_root() ? speak() : listen();
          } catch (...) {
            error_ = std::current_exception();
          }
        }) {}

  ~Thread() {
    if (!thread_.joinable()) return;
    note(is_left_);
    thread_.join();
    // MPI would take messages under way for those of a communicator that is made later.
    static std::vector<Communicator> kept;
    kept.push_back(world_);
  }

  void finish() {
    note(is_finishing_);
    thread_.join();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void speak() {
    bool is_told = false, ends = false;
    while (!ends) {
      ends = wait(pause_between_looks);
      if (left()) return;
      if (!is_told && is_said_()) {
        tell(word_said);
        is_told = true;
      }
    }
    tell(word_end);
    outbox_.wait_until_sent();
  }

  void listen() {
    int const teller = (world_.rank() - 1) / num_told_by_each;
    auto sleep = shortest_sleep;
    while (!left()) {
      auto const message = try_receive(mpi_handle(world_), teller, tag_announcement);
      if (message) {
        std::byte const word = message->bytes.front();
        tell(word);
        if (word == word_end) return outbox_.wait_until_sent();
        on_heard_();
      } else if (wait(pause_between_looks)) {
        std::this_thread::sleep_for(sleep);
        sleep = sleep_after(sleep);
      }
    }
  }

  void tell(std::byte word) {
    int const first = world_.rank() * num_told_by_each + 1;
    int const end = std::min(world_.size(), first + num_told_by_each);
    for (int rank = first; rank < end; ++rank) outbox_.send(rank, tag_announcement, Bytes(1, word));
  }

  void note(bool& what) {
    std::lock_guard const lock(mutex_);
    what = true;
    news_.notify_one();
  }

  bool left() {
    std::lock_guard const lock(mutex_);
    return is_left_;
  }

  /// At once true if the end is near.
  bool wait(std::chrono::milliseconds duration) {
    std::unique_lock lock(mutex_);
    return news_.wait_for(lock, duration, [&] { return is_finishing_ || is_left_; });
  }

  Communicator world_;
  Outbox outbox_;
  std::function<bool()> is_said_;
  std::function<void()> on_heard_;
  std::mutex mutex_;
  std::condition_variable news_;
  bool is_finishing_ = false, is_left_ = false;
  std::exception_ptr error_;
  std::thread thread_;  ///< last: it uses the others
};

Announcement::Announcement(Communicator const& world, std::function<bool()> is_said,
                           std::function<void()> on_heard) {
  if (world.size() == 1 || mpi_handle(world) == MPI_COMM_NULL) return;
  int thread_level = MPI_THREAD_SINGLE;
  check_mpi(MPI_Query_thread(&thread_level), "MPI_Query_thread");
  if (thread_level < MPI_THREAD_MULTIPLE) return;
  thread_ = std::make_unique<Thread>(world.split(0, world.rank()), std::move(is_said),
                                     std::move(on_heard));
}

#else

class Announcement::Thread {
 public:
  void finish() {}
};

Announcement::Announcement(Communicator const&, std::function<bool()>, std::function<void()>) {}

#endif

Announcement::~Announcement() = default;

void Announcement::finish() {
  if (thread_) thread_->finish();
}

}  // namespace engram
