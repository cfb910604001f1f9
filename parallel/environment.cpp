#include "parallel/environment.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include "core/compat.hpp"
#include "core/error.hpp"
#include "parallel/cores.hpp"
#include "parallel/failure.hpp"
#include "parallel/mpi_communicator.hpp"

namespace engram {

namespace {

bool kokkos_has_threads() {
  return std::string_view(HostExecutionSpace::name()) != "Serial";
}

#if ENGRAM_HAVE_MPI
/// MPI from construction to destruction.
struct MpiSession {
  MpiSession(int& argc, char**& argv) {
    check_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &thread_level), "MPI_Init_thread");
    // Errors become exceptions here too: communicators inherit the handler.
    check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN),
              "MPI_Comm_set_errhandler");
  }
  ~MpiSession() { MPI_Finalize(); }
  MpiSession(MpiSession const&) = delete;
  MpiSession& operator=(MpiSession const&) = delete;

  int thread_level = MPI_THREAD_SINGLE;
};
#else
struct MpiSession {
  MpiSession(int&, char**&) {}
};
#endif

struct KokkosSession {
  KokkosSession(int num_threads, int rank_on_node) { initialize_kokkos(num_threads, rank_on_node); }
  ~KokkosSession() { Kokkos::finalize(); }
  KokkosSession(KokkosSession const&) = delete;
  KokkosSession& operator=(KokkosSession const&) = delete;
};

/// The number in OMP_NUM_THREADS ("4", or "4,2" for nested regions), or 0.
int omp_num_threads() {
  char const* text = std::getenv("OMP_NUM_THREADS");
  return text ? std::max(0, std::atoi(text)) : 0;
}

/// What the ranks of one node have between them.
struct NodeShare {
  int num_threads = 1;  ///< of this rank
  int num_ranks = 1;
  int rank_on_node = 0;
  int num_threads_on_node = 1;
  int num_cores_on_node = 1;
};

NodeShare share_node(Communicator const& node, int num_threads_asked) {
  std::vector<CoreSet> masks(node.size());
  CoreSet const mine = usable_cores();
  node.all_gather(std::span(&mine, 1), std::span(masks));

  NodeShare share{.num_ranks = node.size(), .rank_on_node = node.rank()};
  share.num_cores_on_node = num_cores(masks);
  int cores_of_rank = core_share(masks, node.rank());
  if (auto const quota = core_quota()) {
    int const cores_in_quota = std::max(1, static_cast<int>(*quota));
    share.num_cores_on_node = std::min(share.num_cores_on_node, cores_in_quota);
    cores_of_rank = std::clamp(cores_in_quota / node.size(), 1, cores_of_rank);
  }
  share.num_threads = num_threads_asked;
  if (share.num_threads <= 0) share.num_threads = omp_num_threads();
  if (share.num_threads <= 0) share.num_threads = cores_of_rank;
  if (!kokkos_has_threads()) share.num_threads = 1;

  std::vector<int> threads(node.size());
  node.all_gather(std::span<int const>(&share.num_threads, 1), std::span(threads));
  share.num_threads_on_node = 0;
  for (int const num : threads) share.num_threads_on_node += num;
  return share;
}

/// "4 ranks x 2 threads on 2 cores", or empty if each thread has a core.
std::string oversubscription(NodeShare const& share) {
  if (share.num_threads_on_node <= share.num_cores_on_node) return {};
  auto const counted = [](int count, char const* noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
  };
  bool const uniform = share.num_threads_on_node == share.num_ranks * share.num_threads;
  return counted(share.num_ranks, "rank") +
         (uniform ? " x " + counted(share.num_threads, "thread")
                  : " with " + counted(share.num_threads_on_node, "thread") + " together") +
         " on " + counted(share.num_cores_on_node, "core");
}

/// Texts of the nodes (empty: none), each told once with the nodes that it is about. Collective;
/// empty on ranks other than 0.
std::vector<std::string> gather_by_node(Communicator const& world, std::string const& text,
                                        std::string const& host) {
  std::string const message = text.empty() ? "" : text + '\n' + host;
  std::map<std::string, std::vector<std::string>> hosts_of;
  for (Bytes const& bytes : world.gather(std::as_bytes(std::span(message)))) {
    std::string const line(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    auto const end = line.find('\n');
    if (end != std::string::npos) hosts_of[line.substr(0, end)].push_back(line.substr(end + 1));
  }
  std::vector<std::string> texts;
  for (auto const& [what, hosts] : hosts_of) {
    texts.push_back(what + " of node " + hosts.front());
    if (hosts.size() > 1) texts.back() += " and " + std::to_string(hosts.size() - 1) + " more";
  }
  return texts;
}

/// The ranks of `world` that share memory with this one.
Communicator node_of([[maybe_unused]] Communicator const& world) {
#if ENGRAM_HAVE_MPI
  return Communicator(static_cast<MpiCommunicator const&>(world.implementation()).split_by_node());
#else
  return {};
#endif
}

}  // namespace

Communicator duplicate_world() {
#if ENGRAM_HAVE_MPI
  return Communicator(std::make_shared<MpiCommunicator>(MPI_COMM_WORLD));
#else
  return {};
#endif
}

bool launcher_ends_all_with_one() {
  // What mpirun tells the ranks: where it is, and its options.
  return std::getenv("OMPI_MCA_orte_hnp_uri") && !std::getenv("OMPI_MCA_orte_enable_recovery");
}

struct Environment::State {
  State(int& argc, char**& argv, EnvironmentOptions const& options)
      : mpi(argc, argv),
        host(host_name()),
        world(duplicate_world()),
        failures(duplicate_world()),
        node(node_of(world)),
        share(share_node(node, options.num_threads)),
        kokkos(share.num_threads, share.rank_on_node) {}

  MpiSession mpi;
  std::string host;
  Communicator world;
  Communicator failures;  ///< apart from `world`, where other ranks may be in the midst of a call
  Communicator node;
  NodeShare share;
  KokkosSession kokkos;
  std::vector<std::string> warnings;
};

Environment::Environment(int& argc, char**& argv, EnvironmentOptions const& options)
    : state_(std::make_unique<State>(argc, argv, options)) {
  auto& warnings = state_->warnings;
  bool const speaks_for_node = state_->share.rank_on_node == 0;
  warnings = gather_by_node(state_->world, speaks_for_node ? oversubscription(state_->share) : "",
                            state_->host);
  for (std::string& warning : warnings) {
    warning =
        "more threads than cores: " + warning + "; this is slower than fewer threads or ranks";
  }
  if (state_->world.is_root() && options.num_threads > 1 && !kokkos_has_threads()) {
    warnings.push_back(std::to_string(options.num_threads) +
                       " threads a rank were asked for, but this build of Kokkos has no threads: "
                       "each rank uses 1");
  }
  if (state_->world.is_root() && !threads_supported()) {
    warnings.emplace_back(
        "the MPI library supports no threads (MPI_THREAD_SERIALIZED): trials are handed out in "
        "rounds, and ranks wait for the slowest");
  }
  for (std::string const& warning : warnings) print_error("warning: " + warning);
}

Environment::~Environment() = default;

Communicator const& Environment::world() const {
  return state_->world;
}
int Environment::num_threads() const {
  return state_->share.num_threads;
}
std::string const& Environment::host() const {
  return state_->host;
}
std::vector<std::string> const& Environment::warnings() const {
  return state_->warnings;
}

bool Environment::threads_supported() const {
#if ENGRAM_HAVE_MPI
  return state_->mpi.thread_level >= MPI_THREAD_SERIALIZED;
#else
  return true;
#endif
}

std::string Environment::mpi_version() const {
#if ENGRAM_HAVE_MPI
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  check_mpi(MPI_Get_library_version(text.data(), &length), "MPI_Get_library_version");
  std::string const version(text.data());
  return version.substr(0, version.find('\n'));
#else
  return "none";
#endif
}

std::string Environment::kokkos_version() const {
  std::ostringstream text;
  text << "Kokkos " << KOKKOS_VERSION / 10000 << '.' << KOKKOS_VERSION / 100 % 100 << '.'
       << KOKKOS_VERSION % 100 << ", " << ExecutionSpace::name() << ", concurrency "
       << ExecutionSpace().concurrency();
  return text.str();
}

int Environment::run(std::function<int()> const& body) const {
  return run_guarded(state_->failures, body);
}

}  // namespace engram
