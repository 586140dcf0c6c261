#!/usr/bin/env bash
# clang-format: every source stands as .clang-format would put it. To mend: ./dev format
# Comments, which it leaves alone, are as wide as code at most.
set -euo pipefail
. "$(dirname "$0")/sources.sh"
mapfile -t files < <(sources "$1" '*.c' '*.h' '*.cc')
[ ${#files[@]} -gt 0 ] || { echo "no sources found"; exit 1; }
cd "$1"
clang-format --dry-run -Werror "${files[@]}"
if LC_ALL=C.UTF-8 grep -nE '^.{111,}' "${files[@]}"; then
  echo "more than 110 columns"
  exit 1
fi
echo "${#files[@]} files checked"
