#include "parallel/service_thread.hpp"

#include <chrono>
#include <utility>

#include "parallel/schedules.hpp"

namespace engram {

ServiceThread::ServiceThread(Dispatcher& dispatcher, std::function<void()> serve)
    : dispatcher_(dispatcher), thread_([this, serve = std::move(serve)] {
        try {
          serve();
        } catch (...) {
          error_ = std::current_exception();
          dispatcher_.fail(error_);
        }
      }) {}

ServiceThread::~ServiceThread() {
  if (!thread_.joinable()) return;
  dispatcher_.stop();
  thread_.join();
}

void ServiceThread::finish() {
  thread_.join();
  if (error_) std::rethrow_exception(error_);
}

void compute(Dispatcher& dispatcher, Worker const& worker) {
  while (auto const chunk = dispatcher.wait_for_chunk()) {
    dispatcher.accept(0, evaluate(worker, *chunk));
  }
}

void run_alone(WorkSource& source, Worker const& worker, SchedulerOptions const& options) {
  Dispatcher dispatcher(source, 1, options);
  ServiceThread service(dispatcher, [&] {
    while (!dispatcher.stopped() && !dispatcher.done()) {
      dispatcher.tick_if_due();
      dispatcher.sleep(options.tick);
    }
  });
  compute(dispatcher, worker);
  service.finish();
}

}  // namespace engram
