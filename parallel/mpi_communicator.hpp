#pragma once

#include "core/config.hpp"

#if ENGRAM_HAVE_MPI

#include <mpi.h>

#include <cstddef>
#include <limits>
#include <memory>
#include <string>

#include "core/communicator.hpp"

namespace engram {

/// Throws CommunicationError with MPI's text if `code` is not MPI_SUCCESS.
void check_mpi(int code, char const* call);

/// A number of bytes as the (count, type) pair that MPI calls take. Counts in MPI-3 are `int`; a
/// larger message is one element of a type that spans it.
class ByteCount {
 public:
  static constexpr std::size_t largest_count = std::numeric_limits<int>::max();

  /// `limit`: the largest count that is handed to MPI; smaller only in tests.
  explicit ByteCount(std::size_t num_bytes, std::size_t limit = largest_count);
  ~ByteCount();
  ByteCount(ByteCount const&) = delete;
  ByteCount& operator=(ByteCount const&) = delete;

  int count() const { return count_; }
  MPI_Datatype type() const { return type_; }

 private:
  int count_;
  MPI_Datatype type_ = MPI_BYTE;
};

class MpiCommunicator : public Communicator::Implementation {
 public:
  /// Collective: works on a duplicate of `communicator`, whose errors are returned, not fatal.
  explicit MpiCommunicator(MPI_Comm communicator);

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void barrier() const override;
  void broadcast(std::span<std::byte> data, int root) const override;
  void all_gather(std::span<std::byte const> mine, std::span<std::byte> all) const override;
  std::vector<Bytes> gather(std::span<std::byte const> mine, int root) const override;
  std::shared_ptr<Communicator::Implementation const> split(int color, int key) const override;
  Tickets& tickets() const override;
  std::string description() const override;

  MPI_Comm handle() const { return *handle_; }

  /// The ranks that share memory with this one.
  std::shared_ptr<MpiCommunicator const> split_by_node() const;

 private:
  struct Owned {};
  MpiCommunicator(MPI_Comm communicator, Owned);

  std::shared_ptr<MPI_Comm const> handle_;
  int rank_;
  int size_;
  mutable std::unique_ptr<Tickets> tickets_;
};

/// The MPI communicator below, or MPI_COMM_NULL for a local one.
MPI_Comm mpi_handle(Communicator const& communicator);

/// Sends and receives on communicators of ours keep off each other by these tags.
enum MessageTag : int {
  tag_gather = 1,
  tag_chunk,
  tag_stop,
  tag_outcome,
  tag_chunks,
  tag_outcomes,
  tag_agreed,
  tag_announcement,
  tag_alive
};

}  // namespace engram

#endif
