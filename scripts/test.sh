#!/usr/bin/env bash
# Sets engram up and passes the tests.
#   scripts/test.sh [ctest's options]       e.g. scripts/test.sh -L quick
# ENGRAM_NO_INSTALL=1: install no packages. ENGRAM_BUILD_DIR: where to build, default build/.
# ENGRAM_CMAKE_ARGS: more options for CMake.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

build=${ENGRAM_BUILD_DIR:-$root/build}
# shellcheck disable=SC2206
options=(-DCMAKE_BUILD_TYPE=Release -DENGRAM_TESTS=ON -DENGRAM_PRECOMPILE=ON ${ENGRAM_CMAKE_ARGS:-})
# Without these, CMake would leave out the tests in Python and go on.
if [[ ${ENGRAM_NO_INSTALL:-0} != 1 ]] && ! has_test_tools; then
  install_packages "${packages_test[@]}"
fi
# Tests that start a Slurm of their own are left out where it can't be had.
has_slurm() { PATH=$PATH:/usr/sbin command -v slurmctld && command -v shellcheck; }
if [[ ${ENGRAM_NO_INSTALL:-0} != 1 ]] && ! has_slurm >/dev/null; then
  (install_packages "${packages_slurm[@]}") || say "Going on without Slurm."
fi
prepare "$build" "${packages_build[@]}" "${packages_test[@]}" -- "${options[@]}"
cmake --build "$build" --parallel "$(num_cores)"
ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$(num_cores)" "$@"
