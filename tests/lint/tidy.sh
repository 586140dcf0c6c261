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

# clang-tidy checks a source once for each target that compiles it. Here a source has one command for each set of macros;
# NAME_EXPORTS is CMake's and differs in each target.
database=$(mktemp -d)
trap 'rm -rf "$database"' EXIT
awk '
  $1 == "{" { entry = "" ; key = "" }
  { entry = entry $0 "\n" }
  $1 == "\"command\":" { for (i = 2; i <= NF; i++) if ($i ~ /^-D/ && $i !~ /_EXPORTS$/) key = key " " $i }
  $1 == "\"file\":" { key = $2 key }
  $1 ~ /^}/ && !(key in seen) { seen[key]; sub(/},?\n$/, "}", entry); all = all (all ? ",\n" : "") entry }
  END { print "[\n" all "\n]" }
' "$build/compile_commands.json" >"$database/compile_commands.json"

# One process for each file: with several, the analyzer takes a va_list of the second for uninitialized.
# The analyzer's own limit is 225000 nodes for each function, and its time is in proportion to it: CI uses it once a week.
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 clang-tidy --quiet -p "$database" --warnings-as-errors='*' --extra-arg=-Wno-ignored-optimization-argument \
    --extra-arg={-Xclang,-analyzer-config,-Xclang,max-nodes="${HEAPGATE_LINT_NODES:-25000}"} \
    2> >(grep -vE 'warnings? generated' >&2 || true)
echo "${#files[@]} files checked"
