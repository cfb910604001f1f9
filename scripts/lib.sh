# shellcheck shell=bash disable=SC2034
# Shared by the scripts: the root of the checkout, packages, Open MPI's conditions. Sourced by bash.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/engram

say() { printf '%s\n' "$*" >&2; }
fail() { say "$0: $*"; exit 1; }

# The number of cores that this process may use.
num_cores() { nproc 2>/dev/null || echo 2; }

# Debian packages by what they are for. Those to run: demo.sh; those to test: test.sh in addition.
packages_build=(g++ cmake ninja-build libopenmpi-dev openmpi-bin libhdf5-dev libtrilinos-kokkos-dev
  librandom123-dev libeigen3-dev libboost-program-options-dev)
packages_test=(hdf5-tools libgtest-dev python3-h5py python3-pandas python3-matplotlib python3-pytest)
packages_slurm=(munge slurmctld slurmd slurm-client shellcheck)
packages_bench=(python3-scipy python3-torch python3-brian libopenblas0-pthread)
packages_check=(clang clang-tidy clang-format libomp-dev)

missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) == 'install ok installed' ]] ||
      echo "$package"
  done
}

# True if CMake finds all libraries already: from Spack, modules or an earlier installation.
# configures <build folder> <cmake arguments…>
configures() {
  local build=$1 compiler=${CXX:-c++}
  shift
  rm -f "$build.log"
  command -v cmake >/dev/null && command -v "${compiler%% *}" >/dev/null || return 1
  cmake -S "$root" -B "$build" "$@" >"$build.log" 2>&1
}

# Installs Debian packages that are missing; without the right to, prints the line to hand on, below what
# CMake found wanting, which may be something else.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  local get=(apt-get install -y --no-install-recommends)
  if ! command -v apt-get >/dev/null; then
    show_cmake_log
    fail "these libraries are missing; make them known to CMake (spack.yaml lists them): ${missing[*]}"
  elif ((EUID == 0)); then
    local as_root=()
  elif sudo -n true 2>/dev/null; then
    local as_root=(sudo -n)
  else
    show_cmake_log
    say "Packages are missing. Please have an administrator run this line, then start $0 again:"
    say "  apt-get update && ${get[*]} ${missing[*]}"
    exit 1
  fi
  say "Installing ${missing[*]}"
  "${as_root[@]}" apt-get -qq update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${get[@]}" -qq "${missing[@]}" >/dev/null
}

show_cmake_log() {
  [[ -z ${cmake_log:-} || ! -s $cmake_log ]] || cat "$cmake_log" >&2
}

# True if what the tests in Python need is here.
has_test_tools() {
  command -v h5diff >/dev/null || return 1
  local python
  for python in python3 /usr/bin/python3; do
    "$python" -c 'import h5py, pandas, matplotlib, pytest' 2>/dev/null && return
  done
  return 1
}

# Ninja if it is there and the folder was not configured with something else.
generator() {
  [[ -e $1/CMakeCache.txt ]] || ! command -v ninja >/dev/null || echo -GNinja
}

# prepare <build folder> <packages…> -- <cmake arguments…>: configured, with packages installed where
# needed. ENGRAM_NO_INSTALL=1 never installs.
prepare() {
  local build=$1 packages=()
  shift
  while [[ $1 != -- ]]; do packages+=("$1"); shift; done
  shift
  mkdir -p "$(dirname "$build")"
  # shellcheck disable=SC2046
  if ! configures "$build" $(generator "$build") "$@"; then
    if [[ ${ENGRAM_NO_INSTALL:-0} != 1 ]]; then
      cmake_log=$build.log install_packages "${packages[@]}"
      rm -rf "$build"/CMakeCache.txt "$build"/CMakeFiles
      # shellcheck disable=SC2046
      configures "$build" $(generator "$build") "$@" && rm -f "$build.log" && return
    fi
    [[ -e $build.log ]] || fail "needs cmake and ${CXX:-c++}"
    cat "$build.log" >&2
    fail "CMake could not configure the build; its output is above"
  fi
  rm -f "$build.log"
}

# What Open MPI needs to be told on this machine: root is refused, and so are more ranks than cores.
mpi_environment() {
  local num_ranks=$1
  if ((EUID == 0)); then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  fi
  if (($(num_cores) < num_ranks)); then
    export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
    export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
  fi
}

# The mpiexec of the MPI that a build has, where several are installed, else the mpirun on the PATH; empty
# without either and for a build without MPI.
find_mpiexec() {
  local cache_file=$1/CMakeCache.txt mpiexec
  ! grep -q '^ENGRAM_MPI:BOOL=OFF$' "$cache_file" || return 0
  mpiexec=$(sed -n 's/^MPIEXEC_EXECUTABLE:[A-Z]*=//p' "$cache_file")
  if [[ -x $mpiexec ]]; then echo "$mpiexec"; else command -v mpirun || true; fi
}

# All C++ files of the checkout, separated by zero bytes.
find_sources() {
  find "$root"/{core,parallel,experiments,jobs,analysis,tests,bench} -name '*.[ch]pp' -print0
}
