#pragma once

#include "parallel/mpi_communicator.hpp"

#if ENGRAM_HAVE_MPI

#include <chrono>
#include <cstddef>
#include <exception>
#include <list>
#include <optional>

namespace engram {

struct Message {
  int rank;
  int tag;
  Bytes bytes;
};

/// A message that has arrived, if any. Source and tag may be MPI_ANY_SOURCE and MPI_ANY_TAG.
std::optional<Message> try_receive(MPI_Comm communicator, int source, int tag);

/// Bytes on their way to a rank; they stay where they are until it has them.
class Sending {
 public:
  Sending(MPI_Comm communicator, int rank, int tag, Bytes bytes);
  ~Sending();
  Sending(Sending const&) = delete;
  Sending& operator=(Sending const&) = delete;

  bool complete();

 private:
  Bytes bytes_;
  MPI_Request request_ = MPI_REQUEST_NULL;
};

/// What a service thread sends.
class Outbox {
 public:
  explicit Outbox(MPI_Comm communicator) : communicator_(communicator) {}

  void send(int rank, int tag, Bytes bytes);
  void wait_until_sent();
  /// Or until so much time has passed.
  void wait_until_sent(std::chrono::milliseconds at_most);

 private:
  MPI_Comm communicator_;
  std::list<Sending> sendings_;
  std::size_t num_to_clear_at_ = 0;
};

/// How the run ended, for the other ranks: empty, or the kind of error and its text.
Bytes describe_error(std::exception_ptr const& error);
void throw_described_error(Bytes const& description);

}  // namespace engram

#endif
