#!/usr/bin/env bash
# what the probe adds to a malloc and its free, and to a schema of the storm, in instructions; also with an index of blocks, and asleep
set -euo pipefail
build=$(realpath "$1")
command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2; exit 1; }
export LD_LIBRARY_PATH=$build/core/after
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# instructions MODE WORD...: of a whole run of the subject, the same every time but for where things lie
instructions() {
  local mode=$1
  local subject=("$build/bench/overhead_subject" "${@:2}")
  [ "$mode" = bare ] || subject=("$build/bench/under_probe" "$build/harness/libheapgate-probe.so" "$mode" "${subject[@]}")
  rm -f "$scratch"/*
  valgrind --trace-children=yes --tool=callgrind --callgrind-out-file="$scratch/%p" "${subject[@]}" >"$scratch/output" 2>&1 ||
    { cat "$scratch/output" >&2; return 1; }
  # Of the processes that the run consisted of, the one that became the subject.
  local profile
  for profile in "$scratch"/[0-9]*; do
    ! grep -q "^cmd: *$build/bench/overhead_subject" "$profile" || sed -n 's/^summary: //p' "$profile"
  done
}

# per_op MODE FEW MANY WORD...: what an op takes, from two runs; the number of ops comes last
per_op() {
  local few many
  few=$(instructions "$1" "${@:4}" "$2")
  many=$(instructions "$1" "${@:4}" "$3")
  echo $(((many - few) / ($3 - $2)))
}

ratio() {
  awk "BEGIN { print $1 / $2 }"
}

# row NAME FEW MANY WORD...
row() {
  local bare full counting indexed dormant
  bare=$(per_op bare "${@:2}")
  full=$(per_op full "${@:2}")
  counting=$(per_op counting "${@:2}")
  indexed=$(per_op indexed "${@:2}")
  dormant=$(per_op dormant "${@:2}")
  printf '%-16s %10d %+10d %6.2f %+10d %6.2f %+10d %6.2f %+10d %6.2f\n' "$1" "$bare" $((full - bare)) "$(ratio "$full" "$bare")" \
    $((counting - bare)) "$(ratio "$counting" "$bare")" $((indexed - bare)) "$(ratio "$indexed" "$bare")" \
    $((dormant - bare)) "$(ratio "$dormant" "$bare")"
}

echo "instructions an op (callgrind): bare, and what heapgate adds"
printf '%-16s %10s %10s %6s %10s %6s %10s %6s %10s %6s\n' op bare full ratio counting ratio indexed ratio dormant ratio
row 'malloc and free' 10000 110000 churn 1
row schema 500 1000 storm "$build/workloads/schema_storm.so"
