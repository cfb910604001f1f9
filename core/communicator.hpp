#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/tickets.hpp"

namespace engram {

using Bytes = std::vector<std::byte>;

/// A set of ranks that work together, as a value: copying shares the same underlying set.
///
/// The default is a local communicator of one rank; `parallel/` makes one from MPI. Every member
/// function is collective over the ranks unless it says otherwise, and results do not depend on how
/// the ranks are placed: gathered data is in rank order, so that a sum over it has a fixed order.
class Communicator {
 public:
  /// What an implementation provides. Buffers are opaque bytes; sizes agree on all ranks.
  class Implementation {
   public:
    virtual ~Implementation() = default;
    virtual int rank() const = 0;
    virtual int size() const = 0;
    virtual void barrier() const = 0;
    virtual void broadcast(std::span<std::byte> data, int root) const = 0;
    virtual void all_gather(std::span<std::byte const> mine, std::span<std::byte> all) const = 0;
    virtual std::vector<Bytes> gather(std::span<std::byte const> mine, int root) const = 0;
    virtual std::shared_ptr<Implementation const> split(int color, int key) const = 0;
    virtual std::string description() const = 0;
    virtual Tickets& tickets() const = 0;
  };

  /// One rank, this process.
  Communicator();
  explicit Communicator(std::shared_ptr<Implementation const> implementation);

  int rank() const { return implementation_->rank(); }
  int size() const { return implementation_->size(); }
  bool is_root() const { return rank() == 0; }
  void barrier() const { implementation_->barrier(); }

  /// Overwrites `data` on every rank with the root's. Sizes must agree.
  template <class T>
  void broadcast(std::span<T> data, int root = 0) const {
    static_assert(std::is_trivially_copyable_v<T>, "ranks exchange bytes");
    implementation_->broadcast(std::as_writable_bytes(data), root);
  }

  /// The root's bytes (any length) on every rank.
  Bytes broadcast(Bytes data, int root = 0) const;

  /// `mine` of all ranks, in rank order: `all` holds size() * mine.size() elements.
  template <class T>
  void all_gather(std::span<T const> mine, std::span<T> all) const {
    static_assert(std::is_trivially_copyable_v<T>, "ranks exchange bytes");
    implementation_->all_gather(std::as_bytes(mine), std::as_writable_bytes(all));
  }

  /// On the root, the bytes of every rank in rank order (lengths may differ); empty elsewhere.
  std::vector<Bytes> gather(std::span<std::byte const> mine, int root = 0) const {
    return implementation_->gather(mine, root);
  }

  /// Ranks of equal color form a new communicator, ordered by key, then by rank.
  Communicator split(int color, int key) const {
    return Communicator(implementation_->split(color, key));
  }

  /// Shared by this rank and those that share its memory; the same ones whenever and through
  /// whichever copy one asks. Collective when asked for first.
  Tickets& tickets() const { return implementation_->tickets(); }

  /// For messages: "local" or "MPI, rank 3 of 8".
  std::string description() const { return implementation_->description(); }

  Implementation const& implementation() const { return *implementation_; }

 private:
  std::shared_ptr<Implementation const> implementation_;
};

}  // namespace engram
