#!/usr/bin/env bash
# how often leaks of the size that "sees from" promises are found; arguments: seeds (20), base workloads (all four)
#
# For each base workload and seed: a run without a leak says the smallest leak S that it would have seen. Then a leak of
# S and one of 2 S come in four ways: some op loses a block (ops), each flush of 999 ops loses some (batch), now and then
# one of the largest blocks is lost (rare), a container grows by doubling (totals). Ends with 1 when a run gave no result.
set -euo pipefail
build=$1
seeds=${2:-20}
shift $(($# > 1 ? 2 : 1))
[ $# -gt 0 ] || set -- small mixed sawtooth random
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# measure BASE SEED LEAK RATE: prints the verdict, and what the run sees from
measure() {
  rm -f "$out/run.json"
  SEES_FROM_BASE=$1 SEES_FROM_LEAK=$3 SEES_FROM_RATE=$4 "$build/heapgate" check --quiet --no-speed --seed "$2" \
    --out "$out" "$build/bench/sees-from-subject.so" >/dev/null || true
  python3 -c 'import json, sys
cell = json.load(open(sys.argv[1]))["cells"][0]
print(cell["verdict"], cell["min_detectable_bytes_per_op"])' "$out/run.json"
}

printf '%-10s %-8s %10s   %-22s %s\n' base leak 'rate' 'told to be a leak' 'not called clean'
for base in "$@"; do
  declare -A leaks=() found=()
  rates=()
  alarms=0
  for ((seed = 1; seed <= seeds; seed++)); do
    read -r verdict rate < <(measure "$base" "$seed" none 0)
    rates+=("$rate")
    [ "$verdict" = clean ] || alarms=$((alarms + 1))
    for leak in ops batch rare totals; do
      for times in 1 2; do
        read -r verdict _ < <(measure "$base" "$seed" "$leak" "$(awk "BEGIN { print $times * $rate }")")
        [ "$verdict" != leak ] || leaks[$leak$times]=$((${leaks[$leak$times]:-0} + 1))
        case $verdict in leak | inconclusive) found[$leak$times]=$((${found[$leak$times]:-0} + 1)) ;; esac
      done
    done
  done
  for leak in ops batch rare totals; do
    for times in 1 2; do
      printf '%-10s %-8s %10s   %3d of %-15d %3d of %d\n' "$base" "$leak" "$times S" "${leaks[$leak$times]:-0}" "$seeds" \
        "${found[$leak$times]:-0}" "$seeds"
    done
  done
  printf '%s\n' "${rates[@]}" | sort -g | awk -v base="$base" '{ v[NR] = $1 }
    END { printf "%-10s S in bytes per op: lowest %.3g, median %.3g, highest %.3g; ", base, v[1], v[int((NR + 1) / 2)], v[NR] }'
  printf 'without a leak, %d of %d not called clean\n\n' "$alarms" "$seeds"
done
