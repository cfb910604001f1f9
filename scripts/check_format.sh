#!/usr/bin/env bash
# C++ files are as clang-format has them; --fix changes them.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

mode=(--dry-run --Werror)
[[ ${1:-} != --fix ]] || mode=(-i)
# Formatting differs between versions: 14 is Debian 12's.
formatter=$(command -v clang-format-14 || command -v clang-format) || fail "needs clang-format 14"
find_sources | xargs -0 "$formatter" "${mode[@]}"
