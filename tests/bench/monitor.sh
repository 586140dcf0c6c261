#!/usr/bin/env bash
# what libtoka's monitor and recorder cost per op, in instructions and in time; argument: rounds of timing
set -euo pipefail
build=$1
rounds=${2:-11}
program=$build/bench/monitor_bench
command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2; exit 1; }

# library BUILD: where that build of libtoka is
library() {
  case $1 in
  whole) echo "$build/core/after" ;;
  *) echo "$build/bench/$1" ;;
  esac
}

# instructions BUILD KIND OPS: of a whole run, which is the same every time
instructions() {
  LD_LIBRARY_PATH=$(library "$1") valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$2" "$3" 2>&1 |
    sed -n 's/.*Collected : //p'
}

# per_op BUILD KIND: what twice the ops take more, an op
per_op() {
  local ops=3200
  [ "$2" != miss ] || ops=256
  echo "$(instructions "$1" "$2" $((2 * ops))) $(instructions "$1" "$2" $ops) $ops" | awk '{ printf "%.1f", ($1 - $2) / $3 }'
}

# times KIND: the median of the ratios of monitored to bare, and of whole to monitored, of runs in turn
times() {
  local ops=2000000 i bare monitored whole
  case $1 in
  miss) ops=4000 ;;
  hit | validate) ops=300000 ;;
  esac
  for ((i = 0; i < rounds; i++)); do
    bare=$(LD_LIBRARY_PATH=$(library bare) "$program" "$1" $ops)
    monitored=$(LD_LIBRARY_PATH=$(library monitored) "$program" "$1" $ops)
    whole=$(LD_LIBRARY_PATH=$(library whole) "$program" "$1" $ops)
    echo "$bare $monitored $whole"
  done | awk '
    function median(values, n,   i, j, t) {
      for (i = 2; i <= n; i++) { t = values[i]; for (j = i - 1; j > 0 && values[j] > t; j--) values[j + 1] = values[j]; values[j + 1] = t }
      return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
    }
    { ns[NR] = $1; m[NR] = $2 / $1; w[NR] = $3 / $2 }
    END { n = NR; printf "%10.1f %+9.1f%% %+9.1f%%", median(ns, n), (median(m, n) - 1) * 100, (median(w, n) - 1) * 100 }'
}

echo "instructions an op (callgrind), and time an op (medians of $rounds runs in turn)"
printf '%-10s %12s %10s %9s %10s %9s %10s %10s %10s\n' op bare monitor share recorder share "bare, ns" monitor recorder
for kind in dispatch register hit validate miss; do
  bare=$(per_op bare $kind)
  monitored=$(per_op monitored $kind)
  whole=$(per_op whole $kind)
  echo "$kind $bare $monitored $whole $(times $kind)" | awk '{
    printf "%-10s %12.1f %+10.1f %+8.2f%% %+10.1f %+8.2f%% %10s %10s %10s\n", $1, $2, $3 - $2, ($3 - $2) / $2 * 100, $4 - $3, ($4 - $3) / $2 * 100, $5, $6, $7 }'
done
echo "register: one registration and one unregistration. recorder: with no recording under way."
