# shellcheck shell=bash disable=SC2034
# Debian packages that are not for installing: sources, and headers of another release. Sourced.
# Nothing on the system changes: apt works in a scratch folder with the system's own mirrors.

# scratch_apt <folder> deb|deb-src [suite]: sets the array `apt`, with its package lists fetched.
scratch_apt() {
  local folder=$1 type=$2 suite=${3:-} file
  mkdir -p "$folder"/{parts,lists/partial,cache/archives/partial}
  chmod -R 755 "$folder"
  # Debian's own: the suites of other publishers have other names.
  for file in /etc/apt/sources.list.d/{debian,ubuntu}.sources; do
    [[ -e $file ]] || continue
    # The first stanza is the distribution itself; others are updates.
    awk -v type="$type" -v suite="$suite" '
      /^#/ { next }
      /^[[:space:]]*$/ { if (seen) exit; next }
      { seen = 1 }
      /^Types:/ { print "Types: " type; next }
      /^Suites:/ && suite { print "Suites: " suite; next }
      { print }' "$file" >"$folder/parts/$(basename "$file")"
  done
  if [[ -e /etc/apt/sources.list ]]; then
    awk -v type="$type" -v suite="$suite" '
      $1 == "deb" {
        $1 = type
        field = $2 ~ /^\[/ ? 4 : 3
        if (suite) $field = suite
        print
        exit
      }' /etc/apt/sources.list >"$folder/parts/list.list"
  fi
  apt=(apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$folder/parts"
    -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User="$(id -un)")
  "${apt[@]}" update
}
