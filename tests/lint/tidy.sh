#!/usr/bin/env bash
# clang-tidy over the product's sources, one file at a time, with the flags each is compiled with.
set -euo pipefail
. "$(dirname "$0")/sources.sh"
mapfile -t files < <(sources "$1" '*.c' | grep -E '^(core|harness|reports|workloads)/')
[ ${#files[@]} -gt 0 ] || { echo "no sources found"; exit 1; }
cd "$1"
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p "$2" --warnings-as-errors='*' \
    --extra-arg=-Wno-ignored-optimization-argument 2> >(grep -vE 'warnings? generated' >&2 || true)
echo "${#files[@]} files checked"
