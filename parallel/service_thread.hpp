#pragma once

#include <exception>
#include <functional>
#include <thread>

#include "parallel/dispatcher.hpp"

namespace engram {

/// Rank 0's second thread while work is scheduled. What leaves `serve` is rethrown in the main
/// thread. The destructor stops it, whatever is outstanding.
class ServiceThread {
 public:
  ServiceThread(Dispatcher& dispatcher, std::function<void()> serve);
  ~ServiceThread();
  ServiceThread(ServiceThread const&) = delete;
  ServiceThread& operator=(ServiceThread const&) = delete;

  /// Waits until all is served.
  void finish();

 private:
  Dispatcher& dispatcher_;
  std::exception_ptr error_;
  std::thread thread_;
};

/// The main thread's part: computes until all is done.
void compute(Dispatcher& dispatcher, Worker const& worker);

}  // namespace engram
