#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/communicator.hpp"

namespace engram::bench {

/// Bytes between a rank and others: its own that others are given, counted once however many they
/// are, and those of others that it is given. What an MPI passes on besides is its own affair.
struct Traffic {
  std::size_t sent = 0, received = 0;
};

/// The ranks of another communicator; counts what this one exchanges with them.
class CountingCommunicator final : public Communicator::Implementation {
 public:
  CountingCommunicator(Communicator inner, Traffic& traffic)
      : inner_(std::move(inner)), traffic_(traffic) {}

  int rank() const override { return inner_.rank(); }
  int size() const override { return inner_.size(); }
  void barrier() const override { inner_.barrier(); }
  void broadcast(std::span<std::byte> data, int root) const override {
    inner_.broadcast(data, root);
    if (size() > 1) (rank() == root ? traffic_.sent : traffic_.received) += data.size();
  }
  void all_gather(std::span<std::byte const> mine, std::span<std::byte> all) const override {
    inner_.all_gather(mine, all);
    if (size() > 1) traffic_.sent += mine.size();
    traffic_.received += all.size() - mine.size();
  }
  std::vector<Bytes> gather(std::span<std::byte const> mine, int root) const override {
    auto all = inner_.gather(mine, root);
    if (rank() != root) traffic_.sent += mine.size();
    for (Bytes const& of_rank : all) traffic_.received += of_rank.size();
    if (rank() == root) traffic_.received -= mine.size();
    return all;
  }
  std::shared_ptr<Implementation const> split(int color, int key) const override {
    return std::make_shared<CountingCommunicator>(inner_.split(color, key), traffic_);
  }
  Tickets& tickets() const override { return inner_.tickets(); }
  std::string description() const override { return inner_.description(); }

 private:
  Communicator inner_;
  Traffic& traffic_;
};

}  // namespace engram::bench
