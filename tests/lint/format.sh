#!/usr/bin/env bash
# clang-format: every source stands as .clang-format would put it. To mend: ./dev format
set -euo pipefail
. "$(dirname "$0")/sources.sh"
mapfile -t files < <(sources "$1" '*.c' '*.h' '*.cc')
[ ${#files[@]} -gt 0 ] || { echo "no sources found"; exit 1; }
cd "$1"
clang-format --dry-run -Werror "${files[@]}"
echo "${#files[@]} files checked"
