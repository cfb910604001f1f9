#!/usr/bin/env bash
# Builds and runs the programs of bench/, on one rank and on two: figures beside the ceilings of the
# machine and, where bench/ has a script of the same name, beside a plain program of users today.
#   scripts/bench.sh [name…]      e.g. scripts/bench.sh ceilings esn_population; all by default
# ENGRAM_NO_INSTALL=1: install no packages. ENGRAM_BUILD_DIR: where to build, default build/.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

build=${ENGRAM_BUILD_DIR:-$root/build}
has_scipy() { python3 -c 'import scipy' 2>/dev/null; }
if [[ ${ENGRAM_NO_INSTALL:-0} != 1 ]] && ! has_scipy && command -v apt-get >/dev/null; then
  install_packages "${packages_bench[@]}"
fi
prepare "$build" "${packages_build[@]}" "${packages_bench[@]}" -- \
  -DCMAKE_BUILD_TYPE=Release -DENGRAM_BENCH=ON
cmake --build "$build" --parallel "$(num_cores)"

names=("$@")
if ((${#names[@]} == 0)); then
  for source in bench/*.cpp; do names+=("$(basename "$source" .cpp)"); done
fi
# Debian's NumPy and SciPy are of Debian's Python.
[[ -n ${ENGRAM_PYTHON:-} ]] || python3 -c 'import numpy, scipy' 2>/dev/null ||
  export ENGRAM_PYTHON=/usr/bin/python3
mpi_environment 2
mpiexec=$(find_mpiexec "$build")
for name in "${names[@]}"; do
  peer=()
  if [[ -e bench/$name.py ]]; then
    if has_scipy; then peer=("bench/$name.py"); else say "No SciPy here: without the figures of bench/$name.py."; fi
  fi
  printf '\n--- %s, 1 rank\n' "$name"
  OMP_NUM_THREADS=1 "$build/bench_$name" "${peer[@]}"
  [[ -n $mpiexec ]] || continue
  printf '\n--- %s, 2 ranks\n' "$name"
  OMP_NUM_THREADS=1 "$mpiexec" -n 2 "$build/bench_$name"
done
