#pragma once

#include <bitset>
#include <optional>
#include <span>
#include <string>

namespace engram {

/// Which cores (hardware threads, by the system's number) a process may use.
using CoreSet = std::bitset<8192>;

/// The cores that this process may use: its affinity mask.
CoreSet usable_cores();

/// The processor time that this process's control groups (v1, v2) allow, in cores; empty if
/// unlimited.
/// @param root  of the file system, for tests: a folder with proc/ and sys/
std::optional<double> core_quota(std::string const& root = "");

/// The cores that rank `i_rank` has to itself, of those that the ranks of its node may use: a core
/// that n ranks may use counts 1/n for each. Rounded down, at least 1.
int core_share(std::span<CoreSet const> ranks, int i_rank);

/// The cores that at least one of the ranks may use.
int num_cores(std::span<CoreSet const> ranks);

}  // namespace engram
