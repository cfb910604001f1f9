#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace engram {

/// Numbers in turn, each of which goes to one of the ranks that share them: the first that asks.
///
/// They begin at 0 again in each round. No rank may ask in a new round before it has been told how
/// many numbers were drawn in the last one, by messages that ranks exchange at its end anyway.
class Tickets {
 public:
  /// @param ranks  of a communicator, ascending: those that share the numbers
  explicit Tickets(std::vector<int> ranks) : ranks_(std::move(ranks)) {}
  virtual ~Tickets() = default;
  Tickets(Tickets const&) = delete;
  Tickets& operator=(Tickets const&) = delete;

  std::vector<int> const& ranks() const { return ranks_; }

  /// The next number. Waits for no other rank, whatever it does. Not from several threads at a
  /// time.
  std::uint64_t draw() {
    ++num_drawn_;
    return take() - first_;
  }

  std::uint64_t num_drawn() const { return num_drawn_; }  ///< by this rank in this round

  /// @param num_drawn  by all ranks that share the numbers, in this round
  void end_round(std::uint64_t num_drawn) {
    first_ += num_drawn;
    num_drawn_ = 0;
  }

 private:
  /// 0, 1, … over all rounds and all ranks that share them.
  virtual std::uint64_t take() = 0;

  std::vector<int> ranks_;
  std::uint64_t first_ = 0, num_drawn_ = 0;
};

/// Of one rank by itself.
class OwnTickets final : public Tickets {
 public:
  explicit OwnTickets(int rank) : Tickets({rank}) {}

 private:
  std::uint64_t take() override { return next_++; }

  std::uint64_t next_ = 0;
};

}  // namespace engram
