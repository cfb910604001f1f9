#pragma once

#include <cstdint>

namespace engram {

/// When the results file is written while a study runs: first after two seconds, then whenever the
/// number of records or the time has grown by half, but never so often that writing takes more than
/// a twentieth of the time. All times in seconds since the study was opened.
class WriteSchedule {
 public:
  bool is_due(std::uint64_t num_records, double now_s) const {
    bool const has_grown = 2 * num_records >= 3 * num_records_ || now_s >= 1.5 * last_s_;
    return now_s >= 2.0 && has_grown && now_s - last_s_ > 20.0 * cost_s_;
  }

  void wrote(std::uint64_t num_records, double now_s, double cost_s) {
    num_records_ = num_records;
    last_s_ = now_s;
    cost_s_ = cost_s;
  }

  /// The disk may have space again in a minute.
  void failed(double now_s) {
    last_s_ = now_s;
    cost_s_ = 3.0;
  }

 private:
  std::uint64_t num_records_ = 0;
  double last_s_ = 0.0;
  double cost_s_ = 0.0;
};

}  // namespace engram
