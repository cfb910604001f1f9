#!/usr/bin/env bash
# clang-tidy with the checks of .clang-tidy over all files, or over those that match a pattern.
#   scripts/check_tidy.sh [build folder] [pattern]   default: build/, configured already
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

build=${1:-build}
[[ -e $build/compile_commands.json ]] || fail "configure first: cmake --preset release"
tidy=$(command -v run-clang-tidy-14 || command -v run-clang-tidy) || fail "needs clang-tidy 14"

# Nearly all of clang-tidy's time goes to the libraries' headers, so the files of a folder and target
# are checked as one. Flags and precompiled headers that only g++ knows would be errors; generated
# files are nobody's.
batches=$(mktemp -d)
trap 'rm -rf "$batches"' EXIT
cp .clang-tidy "$batches"
python3 - "$build/compile_commands.json" "$root" "${2:-.}" "$batches" <<'PYTHON'
import itertools, json, os, re, sys

commands, root, pattern, out = sys.argv[1:]
entries = {}
for entry in json.load(open(commands)):
    file = entry["file"]
    if file.startswith(root + "/") and not file[len(root) + 1:].startswith("build") \
            and re.search(pattern, file[len(root):]):
        entries[file] = entry
if not entries:
    sys.exit("no file of the build matches")

def part(entry):
    target = re.search(r" -o (\S*?\.dir)/", entry["command"])
    return os.path.dirname(entry["file"]), target.group(1) if target else ""

result = []
for _, group in itertools.groupby(sorted(entries.values(), key=lambda e: (part(e), e["file"])), part):
    group = list(group)
    batch = f"{out}/batch_{len(result)}.cpp"
    with open(batch, "w") as source:
        source.writelines(f'#include "{entry["file"]}"  // NOLINT\n' for entry in group)
    command = re.sub(r" (-m(move|store)-max=\d+|-Winvalid-pch|-include \S*cmake_pch\.hxx)", "", group[0]["command"])
    result.append({"directory": group[0]["directory"], "file": batch,
                   "command": command.replace(group[0]["file"], batch)})
json.dump(result, open(f"{out}/compile_commands.json", "w"))
PYTHON
status=0
# Files side by side shadow each other's names.
"$tidy" -p "$batches" -quiet -j "$(num_cores)" \
  -extra-arg=-Wno-unknown-warning-option -extra-arg=-Wno-ignored-optimization-argument -extra-arg=-Wdeprecated \
  -extra-arg=-Wno-shadow >"$batches/output" 2>&1 || status=$?
grep -vE '^clang-tidy|warnings? (generated|treated)|^Suppressed|^Use -header-filter|^$' "$batches/output" || true
exit $status
