#include "parallel/mpi_communicator.hpp"

#if ENGRAM_HAVE_MPI

#include <atomic>
#include <cassert>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace engram {

namespace {

void free_communicator(MPI_Comm const* communicator) noexcept {
  int finalized = 0;
  MPI_Finalized(&finalized);
  // Freeing waits for nothing here; after MPI_Finalize it would end the process.
  if (!finalized) {
    MPI_Comm handle = *communicator;
    MPI_Comm_free(&handle);
  }
  delete communicator;
}

/// A counter in memory that the ranks of a node share: those that compute need not answer those
/// that draw, and whoever draws calls nothing of MPI.
class SharedTickets final : public Tickets {
 public:
  /// Collective.
  /// @param node   ranks that share memory
  /// @param ranks  what they are called in the communicator that the tickets are of
  SharedTickets(MpiCommunicator const& node, std::vector<int> ranks) : Tickets(std::move(ranks)) {
    MPI_Aint const num_bytes = node.rank() == 0 ? sizeof(std::uint64_t) : 0;
    void* mine = nullptr;
    check_mpi(MPI_Win_allocate_shared(num_bytes, 1, MPI_INFO_NULL, node.handle(), &mine, &window_),
              "MPI_Win_allocate_shared");
    MPI_Aint size = 0;
    int unit = 0;
    check_mpi(MPI_Win_shared_query(window_, 0, &size, &unit, &next_), "MPI_Win_shared_query");
    if (node.rank() == 0) std::atomic_ref(*next_).store(0);
    node.barrier();
  }

  // MPI_Win_free waits for all ranks of the node. One that leaves by an exception has to be heard.
  ~SharedTickets() override {
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (!finalized && std::uncaught_exceptions() == 0) MPI_Win_free(&window_);
  }

 private:
  std::uint64_t take() override {
    return std::atomic_ref(*next_).fetch_add(1, std::memory_order_relaxed);
  }

  static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free, "ranks share no locks");
  MPI_Win window_ = MPI_WIN_NULL;
  std::uint64_t* next_ = nullptr;
};

}  // namespace

void check_mpi(int code, char const* call) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw CommunicationError(std::string(call) + " failed: " + std::string(text, length));
}

ByteCount::ByteCount(std::size_t num_bytes, std::size_t limit) : count_(1) {
  assert(limit > 0);
  if (num_bytes <= limit) {
    count_ = static_cast<int>(num_bytes);
    return;
  }
  std::size_t const num_blocks = num_bytes / limit;
  std::size_t const rest = num_bytes % limit;
  MPI_Datatype blocks;
  check_mpi(MPI_Type_vector(static_cast<int>(num_blocks), static_cast<int>(limit),
                            static_cast<int>(limit), MPI_BYTE, &blocks),
            "MPI_Type_vector");
  int const lengths[] = {1, static_cast<int>(rest)};
  MPI_Aint const offsets[] = {0, static_cast<MPI_Aint>(num_blocks * limit)};
  MPI_Datatype const types[] = {blocks, MPI_BYTE};
  check_mpi(MPI_Type_create_struct(2, lengths, offsets, types, &type_), "MPI_Type_create_struct");
  check_mpi(MPI_Type_free(&blocks), "MPI_Type_free");
  check_mpi(MPI_Type_commit(&type_), "MPI_Type_commit");
}

ByteCount::~ByteCount() {
  // A type may be freed while messages that use it are under way.
  if (type_ != MPI_BYTE) MPI_Type_free(&type_);
}

MpiCommunicator::MpiCommunicator(MPI_Comm communicator)
    : MpiCommunicator(
          [&] {
            MPI_Comm duplicate;
            check_mpi(MPI_Comm_dup(communicator, &duplicate), "MPI_Comm_dup");
            return duplicate;
          }(),
          Owned{}) {}

MpiCommunicator::MpiCommunicator(MPI_Comm communicator, Owned)
    : handle_(new MPI_Comm(communicator), free_communicator) {
  check_mpi(MPI_Comm_set_errhandler(communicator, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(communicator, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(communicator, &size_), "MPI_Comm_size");
}

void MpiCommunicator::barrier() const {
  check_mpi(MPI_Barrier(handle()), "MPI_Barrier");
}

void MpiCommunicator::broadcast(std::span<std::byte> data, int root) const {
  ByteCount const bytes(data.size());
  check_mpi(MPI_Bcast(data.data(), bytes.count(), bytes.type(), root, handle()), "MPI_Bcast");
}

void MpiCommunicator::all_gather(std::span<std::byte const> mine, std::span<std::byte> all) const {
  assert(all.size() == mine.size() * static_cast<std::size_t>(size_));
  ByteCount const bytes(mine.size());
  check_mpi(MPI_Allgather(mine.data(), bytes.count(), bytes.type(), all.data(), bytes.count(),
                          bytes.type(), handle()),
            "MPI_Allgather");
}

// Not MPI_Gatherv: its displacements are `int`, which limits the sum over the ranks to 2 GiB.
std::vector<Bytes> MpiCommunicator::gather(std::span<std::byte const> mine, int root) const {
  std::uint64_t const num_mine = mine.size();
  std::vector<std::uint64_t> num_bytes(rank_ == root ? size_ : 0);
  // By way of a variable: clang-tidy 14 does not know MPI_UINT64_T.
  MPI_Datatype const count = MPI_UINT64_T;
  check_mpi(MPI_Gather(&num_mine, 1, count, num_bytes.data(), 1, count, root, handle()),
            "MPI_Gather");
  if (rank_ != root) {
    ByteCount const bytes(mine.size());
    check_mpi(MPI_Send(mine.data(), bytes.count(), bytes.type(), root, tag_gather, handle()),
              "MPI_Send");
    return {};
  }
  std::vector<Bytes> all(size_);
  for (int i_rank = 0; i_rank < size_; ++i_rank) {
    if (i_rank == root) {
      all[i_rank].assign(mine.begin(), mine.end());
      continue;
    }
    all[i_rank].resize(num_bytes[i_rank]);
    ByteCount const bytes(num_bytes[i_rank]);
    check_mpi(MPI_Recv(all[i_rank].data(), bytes.count(), bytes.type(), i_rank, tag_gather,
                       handle(), MPI_STATUS_IGNORE),
              "MPI_Recv");
  }
  return all;
}

std::shared_ptr<Communicator::Implementation const> MpiCommunicator::split(int color,
                                                                           int key) const {
  MPI_Comm part;
  check_mpi(MPI_Comm_split(handle(), color, key, &part), "MPI_Comm_split");
  return std::shared_ptr<MpiCommunicator const>(new MpiCommunicator(part, Owned{}));
}

std::shared_ptr<MpiCommunicator const> MpiCommunicator::split_by_node() const {
  MPI_Comm node;
  check_mpi(MPI_Comm_split_type(handle(), MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node),
            "MPI_Comm_split_type");
  return std::shared_ptr<MpiCommunicator const>(new MpiCommunicator(node, Owned{}));
}

Tickets& MpiCommunicator::tickets() const {
  if (!tickets_) {
    auto const node = split_by_node();
    std::vector<int> ranks(static_cast<std::size_t>(node->size()));
    node->all_gather(std::as_bytes(std::span(&rank_, 1)), std::as_writable_bytes(std::span(ranks)));
    if (ranks.size() == 1) {
      tickets_ = std::make_unique<OwnTickets>(rank_);
    } else {
      tickets_ = std::make_unique<SharedTickets>(*node, std::move(ranks));
    }
  }
  return *tickets_;
}

std::string MpiCommunicator::description() const {
  return "MPI, rank " + std::to_string(rank_) + " of " + std::to_string(size_);
}

MPI_Comm mpi_handle(Communicator const& communicator) {
  auto const* mpi = dynamic_cast<MpiCommunicator const*>(&communicator.implementation());
  return mpi ? mpi->handle() : MPI_COMM_NULL;
}

}  // namespace engram

#endif
