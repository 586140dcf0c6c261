#!/usr/bin/env bash
# how long people wait: for the first verdict of a leak, the Toka suite, its files, and a build from nothing; argument: rounds (5)
set -euo pipefail
build=$(realpath "$1")
rounds=${2:-5}
source=$(dirname "$(readlink -f "$0")")/../..
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# seconds WORD...: by the clock; the exit code may be any
seconds() {
  local begin=$EPOCHREALTIME end
  "$@" >"$scratch/output" 2>&1 || true
  end=$EPOCHREALTIME
  awk "BEGIN { print $end - $begin }"
}

# row WHAT WORD...: the median of the rounds, the least and the most
row() {
  for ((i = 0; i < rounds; i++)); do seconds "${@:2}"; done | sort -n | awk -v what="$1" '
    { value[NR] = $1 }
    END { printf "| %s | %.3f s | %.3f to %.3f s |\n", what, value[int((NR + 1) / 2)], value[1], value[NR] }'
}

cat >"$scratch/forgets.c" <<'C'
#include <stdint.h>
#include <string.h>
static char *last;
int heapgate_iterate(uint64_t i)
{
    (void)i;
    last = strdup("forgotten");
    return last == 0;
}
C
cc -g -shared -fPIC -o "$scratch/forgets.so" "$scratch/forgets.c"
echo "| what | median | least to most |"
echo "|---|---|---|"
row 'check of a leak, with holders' "$build/heapgate" check "$scratch/forgets.so"
row 'the same, --holders never' "$build/heapgate" check --holders never "$scratch/forgets.so"
row 'the same, --quick' "$build/heapgate" check --quick --holders never "$scratch/forgets.so"
row 'the Toka suite, with holders and speed' "$build/heapgate" run --out "$scratch/out"
printf '| its run.json | %d bytes | |\n| its report.html | %d bytes | |\n' "$(stat -c %s "$scratch/out/run.json")" \
  "$(stat -c %s "$scratch/out/report.html")"
row 'the same, --no-speed --holders never' "$build/heapgate" run --no-speed --holders never
build_anew() {
  rm -rf "$scratch/tree"
  CCACHE_DISABLE=1 cmake -S "$source" -B "$scratch/tree" -G Ninja -DHEAPGATE_TESTS=OFF && CCACHE_DISABLE=1 cmake --build "$scratch/tree"
}
row "build from nothing, $(nproc) processors" build_anew
