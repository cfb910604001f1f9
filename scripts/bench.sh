#!/usr/bin/env bash
# Builds and runs the programs of bench/, on one rank and on two: figures beside the ceilings of the
# machine and, where bench/ has a script of the same name, beside a plain program of users today.
#   scripts/bench.sh [name…]      e.g. scripts/bench.sh ceilings esn_population; all by default
# ENGRAM_NO_INSTALL=1: install no packages. ENGRAM_BUILD_DIR: where to build, default build/.
# ENGRAM_PYTHON: the Python of the plain programs. pycma, of which Debian has no package, is looked for as
# all others: in that one, or python3 and /usr/bin/python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

build=${ENGRAM_BUILD_DIR:-$root/build}
# Debian's NumPy, SciPy, PyTorch and Brian2 are of Debian's Python.
read -ra pythons <<<"${ENGRAM_PYTHON:-python3 /usr/bin/python3}"
# find_python <module…>: the first that has them all.
find_python() {
  local python modules
  modules=$(IFS=,; echo "$*")
  for python in "${pythons[@]}"; do
    "$python" -W ignore -c "import $modules" 2>/dev/null && echo "$python" && return
  done
  return 1
}
# without <module…>: those that no Python has; all of them if each is in another.
without() {
  local module absent=()
  for module in "$@"; do find_python "$module" >/dev/null || absent+=("$module"); done
  ((${#absent[@]})) || absent=("$@")
  echo "${absent[*]}"
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
mpi_environment 2
mpiexec=$(find_mpiexec "$build")
for name in "${names[@]}"; do
  peer=()
  if [[ -e bench/$name.py ]]; then
    mapfile -t modules < <(sed -nE 's/^ *(import|from) ([A-Za-z0-9_]+).*/\2/p' "bench/$name.py" | sort -u)
    if ENGRAM_PYTHON=$(find_python "${modules[@]}"); then
      export ENGRAM_PYTHON
      peer=("bench/$name.py")
    else
      lacking=$(without "${modules[@]}")
      say "$name: without the figures of bench/$name.py, for want of $lacking in ${pythons[*]}." \
        "A virtual environment can have it (pip install $lacking): ENGRAM_PYTHON names its python3."
    fi
  fi
  printf '\n--- %s, 1 rank\n' "$name"
  OMP_NUM_THREADS=1 "$build/bench_$name" "${peer[@]}"
  [[ -n $mpiexec ]] || continue
  printf '\n--- %s, 2 ranks\n' "$name"
  OMP_NUM_THREADS=1 "$mpiexec" -n 2 "$build/bench_$name"
done
