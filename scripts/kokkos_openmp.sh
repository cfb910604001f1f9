#!/usr/bin/env bash
# Kokkos 3.4.01 with OpenMP, which Debian's package lacks, from Debian's source package. For finding
# races; prints the folder to give as Kokkos_ROOT.
#   scripts/kokkos_openmp.sh [folder]       default: ~/.cache/engram/kokkos-3.4.01-openmp
# CXX: the compiler, whose OpenMP library has to be the program's: each has its own default folder.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$root/scripts/debian_source.sh"

prefix=${1:-$cache/kokkos-3.4.01-openmp${CXX:+-$(basename "$CXX")}}
if [[ -e $prefix/complete ]]; then
  echo "$prefix"
  exit
fi
command -v apt-get >/dev/null || fail "needs apt-get to fetch Debian's source package of trilinos"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
say "Fetching the source package of trilinos"
scratch_apt "$tmp/apt" deb-src
(cd "$tmp" && "${apt[@]}" source --download-only --tar-only trilinos >&2)
mkdir "$tmp/source"
tar -xf "$tmp"/trilinos_*.orig.tar.* -C "$tmp/source" --wildcards '*/packages/kokkos/*'
kokkos=$(echo "$tmp"/source/*/packages/kokkos)

say "Building Kokkos with OpenMP"
{
  # shellcheck disable=SC2046
  cmake -S "$kokkos" -B "$tmp/build" $(generator "$tmp/build") -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_STANDARD=17 -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
    -DKokkos_ENABLE_OPENMP=ON -DKokkos_ENABLE_SERIAL=ON -DKokkos_ENABLE_TESTS=OFF
  cmake --build "$tmp/build" --parallel "$(num_cores)"
  cmake --install "$tmp/build"
} >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; fail "Kokkos did not build; its output is above"; }
touch "$prefix/complete"
echo "$prefix"
