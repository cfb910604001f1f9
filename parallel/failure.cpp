#include "parallel/failure.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <set>
#include <thread>
#include <vector>

#include "core/error.hpp"
#include "parallel/environment.hpp"
#include "parallel/mpi_communicator.hpp"

namespace engram {

namespace {

/// True if all ranks of `communicator` came here within the time; false if some didn't.
bool all_ranks_arrive(Communicator const& communicator,
                      [[maybe_unused]] std::chrono::milliseconds patience) {
  if (communicator.size() == 1) return true;
#if ENGRAM_HAVE_MPI
  MPI_Request request;
  if (MPI_Ibarrier(mpi_handle(communicator), &request) != MPI_SUCCESS) return false;
  auto const end = std::chrono::steady_clock::now() + patience;
  int arrived = 0;
  while (MPI_Test(&request, &arrived, MPI_STATUS_IGNORE) == MPI_SUCCESS && !arrived) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return arrived != 0;
#else
  return true;
#endif
}

struct Failure {
  std::string what;
  bool is_user_error = false;
  int exit_code() const { return is_user_error ? 2 : 1; }
};

Failure describe_current_exception() {
  try {
    throw;
  } catch (UserError const& error) {
    return {error.what(), true};
  } catch (std::exception const& error) {
    return {error.what()};
  } catch (...) {
    return {"an exception of unknown type"};
  }
}

std::string place_of(int rank) {
  return "rank " + std::to_string(rank) + " (" + host_name() + "): ";
}

/// Every rank failed: rank 0 prints each reason once. Collective; the same code on every rank.
int report_failure_of_all(Communicator const& world, Failure const& failure) {
  std::string const place = failure.is_user_error ? "" : place_of(world.rank());
  std::string const message = failure.what + '\0' + place;
  std::set<std::string> told;
  for (Bytes const& bytes : world.gather(std::as_bytes(std::span(message)))) {
    std::string const text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    auto const end = text.rfind('\0');
    std::string const what = text.substr(0, end);
    if (told.insert(what).second) print_error(text.substr(end + 1) + what);
  }
  int const code = failure.exit_code();
  std::vector<int> codes(world.size());
  world.all_gather(std::span(&code, 1), std::span(codes));
  return std::ranges::min(codes);
}

#if ENGRAM_HAVE_MPI
/// Whether this thread may, whatever others are doing. The main thread comes here only after its
/// service thread has ended.
bool may_call_mpi() {
  int thread_level = MPI_THREAD_SINGLE;
  int is_main = 0;
  MPI_Query_thread(&thread_level);
  MPI_Is_thread_main(&is_main);
  return is_main || thread_level == MPI_THREAD_MULTIPLE;
}
#endif

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

// In one call, so that the lines of several ranks don't mix.
void print_error(std::string const& text) {
  std::fflush(stdout);
  std::fputs(("engram: " + text + "\n").c_str(), stderr);
  std::fflush(stderr);
}

int run_guarded(Communicator const& communicator, std::function<int()> const& body) {
  Failure failure;
  try {
    return body();
  } catch (...) {
    failure = describe_current_exception();
  }
  // Ranks that never come are computing, or wait for this one: they can only be ended.
  constexpr std::chrono::seconds patience{2};
  if (!all_ranks_arrive(communicator, patience)) {
    abort_all_ranks(failure.what, failure.exit_code());
  }
  return report_failure_of_all(communicator, failure);
}

void abort_all_ranks(std::string const& reason, int exit_code) {
#if ENGRAM_HAVE_MPI
  int initialized = 0;
  int finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  if (initialized && !finalized && may_call_mpi()) {
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    print_error(place_of(rank) + reason);
    MPI_Abort(MPI_COMM_WORLD, exit_code);
    std::_Exit(exit_code);
  }
#endif
  // Without MPI's help: mpirun ends the ranks beside one that exits without MPI_Finalize.
  print_error(reason);
  std::_Exit(exit_code);
}

}  // namespace engram
