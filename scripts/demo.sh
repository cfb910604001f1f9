#!/usr/bin/env bash
# Sets engram up and runs its main job: a study over two MPI ranks, then the report of its results.
#   scripts/demo.sh
# Run again, it takes seconds: nothing is installed, built or computed twice.
# ENGRAM_NO_INSTALL=1: install no packages. ENGRAM_BUILD_DIR: where to build, default build/.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

build=${ENGRAM_BUILD_DIR:-$root/build}
options=(-DCMAKE_BUILD_TYPE=Release)
[[ -e $build/CMakeCache.txt ]] || options+=(-DENGRAM_TESTS=OFF)
prepare "$build" "${packages_build[@]}" -- "${options[@]}"
cmake --build "$build" --parallel "$(num_cores)" --target engram

launcher=()
mpiexec=$(find_mpiexec "$build")
if [[ -n $mpiexec ]]; then
  mpi_environment 2
  launcher=("$mpiexec" -n 2)
else
  say "No mpirun here: running on one process."
fi
"${launcher[@]}" "$build/engram" run studies/sunspot_esn.ini
"$build/engram" report results/sunspot_esn.h5
