#!/usr/bin/env bash
# clang-tidy with the checks of .clang-tidy over all files, or over those that match a pattern.
#   scripts/check_tidy.sh [build folder] [pattern]   default: build/, configured already
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

build=${1:-build}
[[ -e $build/compile_commands.json ]] || fail "configure first: cmake --preset release"
tidy=$(command -v run-clang-tidy-14 || command -v run-clang-tidy) || fail "needs clang-tidy 14"

# Flags and precompiled headers that only g++ knows would be errors; generated files are nobody's.
commands=$(mktemp -d)
trap 'rm -rf "$commands"' EXIT
python3 - "$build/compile_commands.json" "$root" "${2:-.}" >"$commands/compile_commands.json" <<'PYTHON'
import json, re, sys

root = sys.argv[2]
entries = {}
for entry in json.load(open(sys.argv[1])):
    file = entry["file"]
    if file.startswith(root + "/") and not file[len(root) + 1:].startswith("build") \
            and re.search(sys.argv[3], file[len(root):]):
        entry["command"] = re.sub(r" (-m(move|store)-max=\d+|-Winvalid-pch|-include \S*cmake_pch\.hxx)", "",
                                  entry["command"])
        entries[file] = entry
if not entries:
    sys.exit("no file of the build matches")
json.dump(list(entries.values()), sys.stdout)
PYTHON
status=0
"$tidy" -p "$commands" -quiet -j "$(num_cores)" -extra-arg=-Wno-unknown-warning-option \
  -extra-arg=-Wno-ignored-optimization-argument -extra-arg=-Wdeprecated >"$commands/output" 2>&1 || status=$?
grep -vE '^clang-tidy|warnings? (generated|treated)|^Suppressed|^Use -header-filter|^$' "$commands/output" || true
exit $status
