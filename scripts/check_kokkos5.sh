#!/usr/bin/env bash
# Compiles every kernel against Kokkos 5's headers, for the host and for CUDA: the library found on
# the machine may be older and have no CUDA. Nothing is linked or run.
#   scripts/check_kokkos5.sh
# The headers come from Debian's unstable libkokkos-dev and are cached. Skips, and says so, where
# they or nvcc are not to be had. CUDA_HOME or the PATH names nvcc.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$root/scripts/debian_source.sh"
cd "$root"

headers=$cache/kokkos-5-headers

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"

# Each step says `return`: bash forgets errexit in a function whose failure is asked about.
fetch_headers() {
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  scratch_apt "$tmp/apt" deb sid || return 1
  (cd "$tmp" && "${apt[@]}" download libkokkos-dev 2>/dev/null) || return 1
  dpkg -x "$tmp"/libkokkos-dev_*.deb "$tmp/package" || return 1
  rm -rf "$headers" || return 1
  mkdir -p "$headers" || return 1
  cp -r "$tmp/package/usr/include/kokkos" "$headers/host" || return 1
  cp -r "$headers/host" "$headers/cuda" || return 1
  switch_to_cuda "$headers/cuda" || return 1
  touch "$headers/complete"
}

# The package is configured for OpenMP; what Kokkos' own CMake writes for CUDA and Serial instead.
switch_to_cuda() {
  sed -i '/^#define KOKKOS_ENABLE_OPENMP/c\
#define KOKKOS_ENABLE_SERIAL\
#define KOKKOS_ENABLE_CUDA\
#define KOKKOS_ENABLE_CUDA_LAMBDA\
#define KOKKOS_ARCH_AMPERE\
#define KOKKOS_ARCH_AMPERE80' "$1/KokkosCore_config.h" || return 1
  local part
  for part in Declare:decl/Kokkos_Declare Fwd:fwd/Kokkos_Fwd; do
    printf '#pragma once\n#include <%s_SERIAL.hpp>\n#include <%s_CUDA.hpp>\n' \
      "${part#*:}" "${part#*:}" >"$1/KokkosCore_Config_${part%%:*}Backend.hpp" || return 1
  done
  printf '#pragma once\n#include <setup/Kokkos_Setup_Cuda.hpp>\n' \
    >"$1/KokkosCore_Config_SetupBackend.hpp" || return 1
  sed -i 's|/\* #undef DESUL_ATOMICS_ENABLE_CUDA \*/|#define DESUL_ATOMICS_ENABLE_CUDA|' \
    "$1/desul/atomics/Config.hpp"
}

[[ -e $headers/complete ]] || fetch_headers || {
  say "SKIPPED: Kokkos 5's headers could not be fetched."
  exit 0
}
say "Kokkos $(awk '$1 == "#define" && $2 == "KOKKOS_VERSION" {print $3}' "$headers/host/KokkosCore_config.h")"

config=$tmp/config
mkdir -p "$config/core"
sed -e 's/^#cmakedefine01 \(.*\)/#define \1 0/' -e 's/@[a-zA-Z_]*@/0/' core/config.hpp.in \
  >"$config/core/config.hpp"
include=(-I. "-I$config" -isystem /usr/include/eigen3)

# Files that see Kokkos, directly or through our headers; of them, those that use it themselves or launch
# kernels, in our headers as well: all of them on the host, the second ones on CUDA.
users=()
kernels=()
for file in $(find core experiments bench -name '*.cpp' | sort); do
  mapfile -t ours < <(g++ -std=c++20 -I. "-I$config" -MM -MG "$file" | grep -oE '[^ ]+\.[ch]pp')
  [[ " ${ours[*]} " == *' core/compat.hpp '* ]] || continue
  users+=("$file")
  if grep -q 'Kokkos::' "$file" || grep -qE 'Kokkos::parallel_' "${ours[@]}" 2>/dev/null; then kernels+=("$file"); fi
done
failed=0
# run <what> <file>… -- <command…>: over the files, two at a time.
run() {
  local what=$1 start=$SECONDS files=()
  shift
  while [[ $1 != -- ]]; do
    files+=("$1")
    shift
  done
  shift
  if printf '%s\0' "${files[@]}" | xargs -0 -n1 -P"$(num_cores)" "$@"; then
    say "$what: ${#files[@]} files compile ($((SECONDS - start)) s)"
  else
    say "$what: FAILED"
    failed=1
  fi
}

host=(g++ -std=c++20 -fopenmp "${include[@]}" -isystem "$headers/host")
mkdir "$tmp/precompiled"
echo '#include <Kokkos_Core.hpp>' >"$tmp/precompiled/kokkos.hpp"
"${host[@]}" -x c++-header -o "$tmp/precompiled/kokkos.hpp.gch" "$tmp/precompiled/kokkos.hpp"
run 'Kokkos 5 on the host' "${users[@]}" -- "${host[@]}" -include "$tmp/precompiled/kokkos.hpp" -Winvalid-pch \
  -fsyntax-only -Wall -Wextra -Werror

nvcc=$(PATH=${CUDA_HOME:+$CUDA_HOME/bin:}$PATH:/usr/local/cuda/bin command -v nvcc || true)
if [[ -n $nvcc ]]; then
  # To PTX only: the front end has seen everything by then, assembling takes as long again. Calling
  # what is for the host only from a kernel is a mere warning by default.
  run 'Kokkos 5 on CUDA' "${kernels[@]}" -- "$nvcc" -std=c++20 -x cu -arch=sm_80 --extended-lambda --fmad=false \
    --expt-relaxed-constexpr --Werror cross-execution-space-call "${include[@]}" -isystem "$headers/cuda" -ptx -o /dev/null
else
  say "SKIPPED: Kokkos 5 on CUDA: no nvcc."
fi
exit $failed
