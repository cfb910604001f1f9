#!/usr/bin/env bash
# clang's front end over all files: it reports implicit captures of `this` by kernels (a crash on a
# device), which g++ passes over in silence where Kokkos is a system include.
#   scripts/check_clang.sh [build folder] [pattern]   default: build/, configured already
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

build=${1:-build}
[[ -e $build/compile_commands.json ]] || fail "configure first: cmake --preset release"
command -v clang++ >/dev/null || fail "needs clang++"

# The includes and definitions of each file as the build has them, with clang's own warnings.
python3 - "$build/compile_commands.json" "$root" "${2:-.}" <<'PYTHON' | xargs -r -P"$(num_cores)" -d '\n' -n1 bash -c
import json, re, shlex, sys

root = sys.argv[2]
seen = set()
for entry in json.load(open(sys.argv[1])):
    file = entry["file"]
    if file in seen or not file.startswith(root + "/") or file[len(root) + 1:].startswith("build") \
            or not re.search(sys.argv[3], file[len(root):]):
        continue
    seen.add(file)
    words = shlex.split(entry["command"])
    kept = []
    for i, word in enumerate(words):
        if word.startswith(("-I", "-D", "-std=", "-fopenmp")):
            kept.append(word)
        elif word == "-isystem":
            kept += [word, words[i + 1]]
    print(shlex.join(["clang++", "-fsyntax-only", "-Wall", "-Wextra", "-Wshadow", "-Wdeprecated",
                      "-Werror", "-march=native", *kept, file]))
if not seen:
    sys.exit("no file of the build matches")
PYTHON
