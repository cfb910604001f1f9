#include "core/communicator.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>

namespace engram {

namespace {

class LocalImplementation : public Communicator::Implementation {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void barrier() const override {}

  void broadcast(std::span<std::byte>, [[maybe_unused]] int root) const override {
    assert(root == 0);
  }

  void all_gather(std::span<std::byte const> mine, std::span<std::byte> all) const override {
    assert(all.size() == mine.size());
    std::copy(mine.begin(), mine.end(), all.begin());
  }

  std::vector<Bytes> gather(std::span<std::byte const> mine,
                            [[maybe_unused]] int root) const override {
    assert(root == 0);
    return {Bytes(mine.begin(), mine.end())};
  }

  std::shared_ptr<Implementation const> split(int, int) const override {
    return std::make_shared<LocalImplementation>();
  }

  Tickets& tickets() const override { return tickets_; }

  std::string description() const override { return "local"; }

 private:
  mutable OwnTickets tickets_{0};
};

}  // namespace

Communicator::Communicator() : implementation_(std::make_shared<LocalImplementation>()) {}

Communicator::Communicator(std::shared_ptr<Implementation const> implementation)
    : implementation_(std::move(implementation)) {
  assert(implementation_);
}

Bytes Communicator::broadcast(Bytes data, int root) const {
  std::uint64_t num_bytes = data.size();
  broadcast(std::span(&num_bytes, 1), root);
  data.resize(num_bytes);
  broadcast(std::span(data), root);
  return data;
}

}  // namespace engram
