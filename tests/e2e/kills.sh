#!/usr/bin/env bash
# kill -9 at random moments: kills.sh run|soak driver|workload HEAPGATE PLUGIN. Whatever is killed whenever, nothing that
# was measured lives on, and a report is there which has what was there before. HEAPGATE_KILLS says how often (6),
# HEAPGATE_KILL_SEED which moments.
set -euo pipefail
what=$1
victim=$2
heapgate=$(readlink -f "$3")
plugin=$(readlink -f "$4")
times=${HEAPGATE_KILLS:-6}
RANDOM=${HEAPGATE_KILL_SEED:-1}
python=/usr/bin/python3

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HEAPGATE_KILL_TEST="$folder" HEAPGATE_TEST_CASE=none
{
  echo "suite: kills"
  echo "subjects: {main: {}}"
  echo "allocators: [glibc, jemalloc]"
  echo "workloads:"
  for name in a b c d e f; do echo "  $name: {plugin: $plugin}"; done
} >"$folder/suite.yaml"

fail() {
  echo "$*"
  echo "again: HEAPGATE_KILLS=$times HEAPGATE_KILL_SEED=${HEAPGATE_KILL_SEED:-1} $0 $what $victim $heapgate $plugin"
  exit 1
}

# What is on disk: cells, ops that the last one is about (rounds become fewer and longer), newest sample, whether it says that it
# is unfinished.
cat >"$folder/look.py" <<'PYTHON'
import json, sys
folder = sys.argv[1]
try:
    run = json.load(open(f"{folder}/run.json"))
except FileNotFoundError:
    print("0 0 -1 absent")
    sys.exit()
newest = -1
try:
    lines = open(f"{folder}/soak.samples").read().splitlines()
    newest = max([int(line.split()[0]) for line in lines if line[:1].isdigit()] or [-1])
except FileNotFoundError:
    pass
cells = run["cells"]
ops = cells[-1]["ops"] + cells[-1]["warmup_ops"] if cells else 0
state = "unfinished" if "unfinished" in run else run["outcome"]
print(len(cells), ops, newest, state)
PYTHON
look() {
  "$python" "$folder/look.py" "$folder/out" || fail "run.json cannot be read"
}

# Whether a process of this test is still there, given time to go; a zombie has no environment any more.
survivors() {
  local try path name alive
  for try in $(seq 100); do
    alive=0
    for path in $(grep -lsa "HEAPGATE_KILL_TEST=$folder" /proc/[0-9]*/environ || true); do
      name=$(cat "${path%environ}comm" 2>/dev/null || true)
      case $name in heapgate*) alive=1 ;; esac
    done
    [ "$alive" = 1 ] || return 1
    sleep 0.1
  done
  return 0
}

start() {
  if [ "$what" = run ]; then
    "$heapgate" run -c "$folder/suite.yaml" --out "$folder/out" >"$folder/said" 2>&1 &
  else
    "$heapgate" soak "$plugin" --for 3s --rate 3600000 --sample-every 10ms --out "$folder/out" >"$folder/said" 2>&1 &
  fi
  driver=$!
}

had_report=0
had_data=0
for ((i = 1; i <= times; i++)); do
  rm -rf "$folder/out"
  start
  moment=$(printf '%d.%03d' $((RANDOM % 2)) $((RANDOM % 1000)))
  sleep "$moment"
  read -r cells_before ops_before newest_before state_before < <(look)
  if [ "$victim" = driver ]; then
    kill -KILL "$driver" 2>/dev/null || true
  else
    pgrep -P "$driver" -x heapgate-runner | xargs -r kill -KILL 2>/dev/null || true
  fi
  code=0
  { wait "$driver" || code=$?; } 2>/dev/null
  ! survivors || fail "kill $i, after $moment s: a process of heapgate lives on"
  read -r cells ops newest state < <(look)
  [ "$cells" -ge "$cells_before" ] || fail "kill $i, after $moment s: $cells of $cells_before cells are left"
  [ "$cells" -gt "$cells_before" ] || [ "$ops" -ge "$ops_before" ] ||
    fail "kill $i, after $moment s: $ops of $ops_before ops are left"
  [ "$newest" -ge "$newest_before" ] || fail "kill $i, after $moment s: samples are lost"
  if [ "$state" != absent ]; then
    had_report=$((had_report + 1))
    "$heapgate" report "$folder/out" >"$folder/report" 2>&1 || fail "kill $i, after $moment s: $(cat "$folder/report")"
    "$heapgate" report "$folder/out" --format html >/dev/null || fail "kill $i, after $moment s: no HTML"
  else
    [ "$state_before" = absent ] || fail "kill $i, after $moment s: the report is gone"
  fi
  [ "$cells" -eq 0 ] || had_data=$((had_data + 1))
  if [ "$victim" = workload ]; then
    [ "$state" != unfinished ] || fail "kill $i, after $moment s: heapgate lived, and says that it did not"
    case $code in 0 | 4) ;; *) fail "kill $i, after $moment s: exit code $code: $(cat "$folder/said")" ;; esac
  else
    case "$state $code" in
    "unfinished 137" | "absent 137" | "pass 0" | "pass 137") ;;
    *) fail "kill $i, after $moment s: $state, exit code $code" ;;
    esac
  fi
done
[ "$had_report" -gt 0 ] && [ "$had_data" -gt 0 ] || fail "$times kills, and $had_report with a report, $had_data with data"
echo "$times kills of the $victim: $had_report with a report, $had_data with data in it"
