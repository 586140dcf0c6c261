#!/usr/bin/env bash
# clang-tidy over a share of the product's sources, with the flags each is compiled with.
# Usage: tidy.sh SOURCE_FOLDER BUILD_FOLDER SHARE OF: share 1 of 6, say; ctest runs the shares beside each other.
set -euo pipefail
. "$(dirname "$0")/sources.sh"
source=$1 build=$2 share=$3 of=$4
cd "$source"
# By size, so that the shares take about as long as each other.
mapfile -t files < <(sources . '*.c' | grep -E '^(core|harness|reports|workloads)/' | xargs -d '\n' ls -S |
  awk -v share="$share" -v of="$of" 'NR % of == share - 1')
[ ${#files[@]} -gt 0 ] || { echo "no sources found"; exit 1; }

# A source that several targets compile has several commands; clang-tidy would check it once for each. Here each source has
# one command for each set of macros that it is compiled with.
database=$(mktemp -d)
trap 'rm -rf "$database"' EXIT
awk '
  $1 == "{" { entry = "" ; key = "" }
  { entry = entry $0 "\n" }
  $1 == "\"command\":" { for (i = 2; i <= NF; i++) if ($i ~ /^-D/) key = key " " $i }
  $1 == "\"file\":" { key = $2 key }
  $1 ~ /^}/ && !(key in seen) { seen[key]; sub(/},?\n$/, "}", entry); all = all (all ? ",\n" : "") entry }
  END { print "[\n" all "\n]" }
' "$build/compile_commands.json" >"$database/compile_commands.json"

clang-tidy --quiet -p "$database" --warnings-as-errors='*' --extra-arg=-Wno-ignored-optimization-argument "${files[@]}" \
  2> >(grep -vE 'warnings? generated' >&2 || true)
echo "${#files[@]} files checked"
