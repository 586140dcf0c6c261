#!/usr/bin/env bash
# verdicts of the Toka suite over many seeds; argument: how many (20)
set -euo pipefail
build=$1
seeds=${2:-20}
declare -A outcomes=()
for ((seed = 1; seed <= seeds; seed++)); do
  outcome=$("$build/heapgate" run --quiet --no-speed --seed "$seed") || true
  outcomes[$outcome]=$((${outcomes[$outcome]:-0} + 1))
  [ "$outcome" = pass ] || echo "seed $seed: $outcome"
done
for outcome in "${!outcomes[@]}"; do
  printf '%-14s %d of %d runs of the whole suite\n' "$outcome" "${outcomes[$outcome]}" "$seeds"
done
[ "${outcomes[pass]:-0}" -eq "$seeds" ]
