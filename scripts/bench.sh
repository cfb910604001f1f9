#!/usr/bin/env bash
# Builds and runs the programs of bench/, on one rank and on two: figures beside the ceilings of the
# machine and, where bench/ has a script of the same name, beside a plain program of users today.
#   scripts/bench.sh [name…]      e.g. scripts/bench.sh ceilings esn_population; all by default
# ENGRAM_NO_INSTALL=1: install no packages. ENGRAM_BUILD_DIR: where to build, default build/.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

build=${ENGRAM_BUILD_DIR:-$root/build}
# find_python <module…>: Debian's NumPy, SciPy, PyTorch and Brian2 are of Debian's Python.
find_python() {
  local python modules
  modules=$(IFS=,; echo "$*")
  for python in ${ENGRAM_PYTHON:-python3 /usr/bin/python3}; do
    "$python" -W ignore -c "import $modules" 2>/dev/null && echo "$python" && return
  done
  return 1
}
if [[ ${ENGRAM_NO_INSTALL:-0} != 1 ]] && ! find_python numpy scipy torch brian2 >/dev/null &&
  command -v apt-get >/dev/null; then
  install_packages "${packages_bench[@]}"
fi
prepare "$build" "${packages_build[@]}" "${packages_bench[@]}" -- \
  -DCMAKE_BUILD_TYPE=Release -DENGRAM_BENCH=ON
cmake --build "$build" --parallel "$(num_cores)"

names=("$@")
if ((${#names[@]} == 0)); then
  for source in bench/*.cpp; do names+=("$(basename "$source" .cpp)"); done
fi
if python=$(find_python numpy scipy torch brian2 || find_python numpy scipy); then
  export ENGRAM_PYTHON=$python
else
  say "No SciPy here: without the figures of NumPy, PyTorch and Brian2."
fi
mpi_environment 2
mpiexec=$(find_mpiexec "$build")
for name in "${names[@]}"; do
  peer=()
  [[ -z $python || ! -e bench/$name.py ]] || peer=("bench/$name.py")
  printf '\n--- %s, 1 rank\n' "$name"
  OMP_NUM_THREADS=1 "$build/bench_$name" "${peer[@]}"
  [[ -n $mpiexec ]] || continue
  printf '\n--- %s, 2 ranks\n' "$name"
  OMP_NUM_THREADS=1 "$mpiexec" -n 2 "$build/bench_$name"
done
