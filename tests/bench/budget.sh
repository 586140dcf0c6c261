#!/usr/bin/env bash
# processor time of programs that allocate much: bare, followed whole, and with --overhead 2%, in turns: budget.sh BUILD [ROUNDS]
set -euo pipefail
build=$(realpath "$1")
rounds=${2:-7}
program=$build/tests/programs/hot
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# spent KIND REQUESTS OPTION...: what the program itself took, in ms; without options, bare
spent() {
  if [ $# -eq 2 ]; then
    "$program" "$1" "$2"
  else
    "$build/heapgate" exec -q --report "$scratch/report" "${@:3}" -- "$program" "$1" "$2" 2>/dev/null || [ $? -lt 4 ]
  fi | cut -d' ' -f1
}

middle() {
  sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"
}

echo "processor time, bare and divided by that: medians of $rounds, with the least and the most"
for kind in clean ring leak pairs; do
  requests=1000000
  [ "$kind" != pairs ] || requests=2000000
  rm -f "$scratch"/*
  for ((i = 0; i < rounds; i++)); do
    spent "$kind" "$requests" >>"$scratch/bare"
    spent "$kind" "$requests" --warmup 3 >>"$scratch/whole"
    spent "$kind" "$requests" --overhead 2% >>"$scratch/budget"
    cp "$scratch/report" "$scratch/said"
  done
  bare=$(middle "$scratch/bare")
  printf '%-6s %6d ms' "$kind" "$bare"
  for mode in whole budget; do
    sort -n "$scratch/$mode" | awk -v bare="$bare" -v mode="$mode" -v middle="$(middle "$scratch/$mode")" '
      NR == 1 { least = $1 }
      END { printf "   %s %.2f (%.2f to %.2f)", mode, middle / bare, least / bare, $1 / bare }'
  done
  printf '   heapgate said: %s\n' "$(grep -o 'to follow every.*was followed, which took about [0-9.]* %' "$scratch/said" | head -1)"
done
