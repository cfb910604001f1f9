#include "parallel/messages.hpp"

#if ENGRAM_HAVE_MPI

#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "parallel/patience.hpp"

namespace engram {

std::optional<Message> try_receive(MPI_Comm communicator, int source, int tag) {
  int arrived = 0;
  MPI_Message handle;
  MPI_Status status;
  check_mpi(MPI_Improbe(source, tag, communicator, &arrived, &handle, &status), "MPI_Improbe");
  if (!arrived) return {};
  MPI_Count num_bytes = 0;
  check_mpi(MPI_Get_elements_x(&status, MPI_BYTE, &num_bytes), "MPI_Get_elements_x");
  Message message{status.MPI_SOURCE, status.MPI_TAG, Bytes(num_bytes)};
  ByteCount const bytes(message.bytes.size());
  check_mpi(
      MPI_Mrecv(message.bytes.data(), bytes.count(), bytes.type(), &handle, MPI_STATUS_IGNORE),
      "MPI_Mrecv");
  return message;
}

Sending::Sending(MPI_Comm communicator, int rank, int tag, Bytes bytes) : bytes_(std::move(bytes)) {
  ByteCount const count(bytes_.size());
  check_mpi(
      MPI_Isend(bytes_.data(), count.count(), count.type(), rank, tag, communicator, &request_),
      "MPI_Isend");
}

Sending::~Sending() {
  // Given up after an error: MPI may still read the bytes, so they stay until the process ends.
  static std::vector<Bytes> abandoned;
  if (request_ != MPI_REQUEST_NULL) abandoned.push_back(std::move(bytes_));
}

bool Sending::complete() {
  int sent = 0;
  check_mpi(MPI_Test(&request_, &sent, MPI_STATUS_IGNORE), "MPI_Test");
  return sent != 0;
}

void Outbox::send(int rank, int tag, Bytes bytes) {
  // Seldom enough that thousands under way don't cost a look each a message.
  if (sendings_.size() >= num_to_clear_at_) {
    sendings_.remove_if([](Sending& sending) { return sending.complete(); });
    num_to_clear_at_ = 2 * sendings_.size() + 1;
  }
  sendings_.emplace_back(communicator_, rank, tag, std::move(bytes));
}

void Outbox::wait_until_sent() {
  for (Sending& sending : sendings_) {
    for (Patience patience; !sending.complete();) patience.wait();
  }
}

void Outbox::wait_until_sent(std::chrono::milliseconds at_most) {
  auto const end = std::chrono::steady_clock::now() + at_most;
  for (Sending& sending : sendings_) {
    for (Patience patience; !sending.complete(); patience.wait()) {
      if (std::chrono::steady_clock::now() > end) return;
    }
  }
}

Bytes describe_error(std::exception_ptr const& error) {
  if (!error) return {};
  std::string text = "Ean exception of unknown type on rank 0";
  try {
    std::rethrow_exception(error);
  } catch (UserError const& user_error) {
    text = std::string("U") + user_error.what();
  } catch (std::exception const& exception) {
    text = std::string("E") + exception.what();
  } catch (...) {
  }
  auto const bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void throw_described_error(Bytes const& description) {
  if (description.empty()) return;
  std::string const text(reinterpret_cast<char const*>(description.data()), description.size());
  if (text.front() == 'U') throw UserError(text.substr(1));
  throw std::runtime_error(text.substr(1));
}

}  // namespace engram

#endif
