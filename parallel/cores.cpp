#include "parallel/cores.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif

namespace engram {

namespace {

// Version 2: "cpu.max" holds "max 100000" or "200000 100000" (microseconds: quota, period).
std::optional<double> quota_v2(std::string const& folder) {
  std::ifstream file(folder + "/cpu.max");
  double quota_us = 0.0;
  double period_us = 0.0;
  if (file >> quota_us >> period_us && period_us > 0.0) return quota_us / period_us;
  return {};
}

std::optional<double> quota_v1(std::string const& folder) {
  double quota_us = -1.0;
  double period_us = 0.0;
  std::ifstream(folder + "/cpu.cfs_quota_us") >> quota_us;
  std::ifstream(folder + "/cpu.cfs_period_us") >> period_us;
  if (quota_us > 0.0 && period_us > 0.0) return quota_us / period_us;
  return {};
}

}  // namespace

CoreSet usable_cores() {
  CoreSet cores;
#ifdef __linux__
  std::vector<cpu_set_t> mask(cores.size() / CPU_SETSIZE);
  std::size_t const num_bytes = mask.size() * sizeof(cpu_set_t);
  if (sched_getaffinity(0, num_bytes, mask.data()) == 0) {
    for (std::size_t i_core = 0; i_core < cores.size(); ++i_core) {
      cores[i_core] = CPU_ISSET_S(i_core, num_bytes, mask.data());
    }
  }
#endif
  std::size_t const num_hardware = std::max(1u, std::thread::hardware_concurrency());
  for (std::size_t i_core = 0; cores.none() && i_core < num_hardware; ++i_core) cores.set(i_core);
  return cores;
}

// A limit may be set on any group above ours; inside of a container ours is often shown as "/".
std::optional<double> core_quota(std::string const& root) {
  std::optional<double> smallest;
  auto const limit = [&](std::optional<double> quota) {
    if (quota && (!smallest || *quota < *smallest)) smallest = quota;
  };
  std::ifstream groups(root + "/proc/self/cgroup");  // lines "hierarchy:controllers:/path"
  for (std::string line; std::getline(groups, line);) {
    auto const first = line.find(':');
    auto const second = line.find(':', first + 1);
    if (second == std::string::npos || line.compare(second + 1, 1, "/") != 0) continue;
    std::string controllers = ",";
    controllers.append(line, first + 1, second - first - 1).push_back(',');
    bool const is_v2 = controllers == ",,";
    if (!is_v2 && controllers.find(",cpu,") == std::string::npos) continue;
    std::string path = line.substr(second + 1);
    while (true) {
      if (path == "/") path.clear();
      limit(is_v2 ? quota_v2(root + "/sys/fs/cgroup" + path)
                  : quota_v1(root + "/sys/fs/cgroup/cpu" + path));
      if (path.empty()) break;
      path.resize(path.find_last_of('/'));
    }
  }
  return smallest;
}

int core_share(std::span<CoreSet const> ranks, int i_rank) {
  double share = 0.0;
  for (std::size_t i_core = 0; i_core < CoreSet().size(); ++i_core) {
    if (!ranks[i_rank][i_core]) continue;
    share += 1.0 / static_cast<double>(std::ranges::count_if(
                       ranks, [&](CoreSet const& cores) { return cores[i_core]; }));
  }
  // A sum of thirds may fall just short of the whole number that it means.
  return std::max(1, static_cast<int>(std::floor(share + 1e-9)));
}

int num_cores(std::span<CoreSet const> ranks) {
  CoreSet all;
  for (CoreSet const& cores : ranks) all |= cores;
  return static_cast<int>(all.count());
}

}  // namespace engram
