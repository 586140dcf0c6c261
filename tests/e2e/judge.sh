#!/usr/bin/env bash
# heapgate judge on series of other profilers: judge.sh MODE HEAPGATE PROFILED. Exit code 77 where the mode's profiler is
# not installed.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
mode=$1
heapgate=$2
profiled=$3
python=/usr/bin/python3
libraries=/usr/lib/x86_64-linux-gnu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

skip() {
  echo "skipped: $1 is not installed"
  exit 77
}

# judged WANTED FILES...: judges them, and the exit code is the wanted one.
judged() {
  local wanted=$1 code=0
  shift
  "$heapgate" judge "$@" >"$folder/said" 2>&1 || code=$?
  [ "$code" -eq "$wanted" ] && return 0
  cat "$folder/said"
  echo "heapgate judge $* ended with $code, not $wanted"
  exit 1
}

# culprit FILES...: they show a leak in remember, and its line.
culprit() {
  judged 1 "$@"
  line=$(grep -n 'here: entry' "$here/programs/profiled.c" | cut -d: -f1)
  grep -qE "remember +([^ ]*/)?profiled\.c:$line" "$folder/said" || { cat "$folder/said"; echo "no culprit"; exit 1; }
}

series() { # SEED KIND PERIOD POINTS
  rm -f "$folder"/*.pb.gz
  "$python" "$here/judge_series.py" "$folder" "$@"
}

case $mode in
jemalloc)
  [ -e $libraries/libjemalloc.so.2 ] || skip libjemalloc2
  # Every block, and one in 16 KiB.
  for sample in 0 14; do
    for kind in leak clean; do
      MALLOC_CONF=prof:true,prof_prefix:$folder/$kind-$sample,lg_prof_sample:$sample \
        LD_PRELOAD=$libraries/libjemalloc.so.2 "$profiled" $kind 16
    done
    ls "$folder"/leak-$sample.*.heap >/dev/null 2>&1 || skip "a jemalloc with profiling"
    culprit "$folder"/leak-$sample.*.heap
    judged 0 "$folder"/clean-$sample.*.heap
  done
  grep -q 'pass' "$folder/said"
  ;;
tcmalloc)
  [ -e $libraries/libtcmalloc.so.4 ] || skip libgoogle-perftools4
  for kind in leak clean; do
    HEAPPROFILE=$folder/$kind LD_PRELOAD=$libraries/libtcmalloc.so.4 "$profiled" $kind 12 2>/dev/null
  done
  culprit "$folder"/leak.*.heap
  judged 0 "$folder"/clean.*.heap
  ;;
massif)
  command -v valgrind >/dev/null || skip valgrind
  for kind in leak clean; do
    for unit in i ms B; do
      # In milliseconds, the snapshots of a short program lie at a few moments only.
      rounds=24
      [ $unit != ms ] || rounds=96
      valgrind --tool=massif --massif-out-file="$folder/$kind-$unit" --detailed-freq=1 --max-snapshots=40 --time-unit=$unit \
        "$profiled" $kind $rounds >/dev/null 2>&1
    done
  done
  for unit in i ms B; do
    culprit "$folder/leak-$unit"
    judged 0 "$folder/clean-$unit"
  done
  # Each file is a series of its own.
  judged 1 "$folder/clean-i" "$folder/leak-i"
  grep -q '1 of 2 cells as expected' "$folder/said" || { cat "$folder/said"; exit 1; }
  ;;
heaptrack)
  command -v heaptrack_print >/dev/null || skip heaptrack
  command -v zstd >/dev/null || skip zstd
  for kind in leak clean; do
    heaptrack -o "$folder/$kind" "$profiled" $kind 60 >/dev/null 2>&1
  done
  [ -e "$folder/leak.zst" ] || skip "a heaptrack that packs by zstd"
  culprit "$folder/leak.zst"
  judged 0 "$folder/clean.zst"
  zstd -dcq "$folder/leak.zst" | gzip >"$folder/leak.gz"
  culprit "$folder/leak.gz"
  # Recordings that were printed: of 2, 4, ... rounds.
  for format in "--merge-backtraces=0" "--merge-backtraces=1"; do
    for rounds in 02 04 06 08 10 12 14 16; do
      for kind in leak clean; do
        heaptrack -o "$folder/$kind-$rounds" "$profiled" $kind $rounds >/dev/null 2>&1
        heaptrack_print --print-leaks=1 $format "$folder/$kind-$rounds.zst" >"$folder/$kind-$rounds.txt" 2>/dev/null
      done
    done
    culprit "$folder"/leak-??.txt
    judged 0 "$folder"/clean-??.txt
  done
  ;;
fabricated)
  for period in 1 16384 524288; do
    series 1 flat $period 12; judged 0 "$folder"/*.pb.gz
    for seed in 1 2 3 4; do
      # Sampled or not: a healthy one is never a leak, and a leak never clean.
      series $seed healthy $period 20
      code=0; "$heapgate" judge -q "$folder"/*.pb.gz >"$folder/said" 2>&1 || code=$?
      [ $code -eq 0 ] || [ $code -eq 3 ] || { echo "healthy, seed $seed, period $period: $code"; exit 1; }
      series $seed leak $period 20
      judged 1 --out "$folder/out" "$folder"/*.pb.gz
      "$python" - "$folder/out/run.json" $period <<'PYTHON'
import json, sys
cell, = json.load(open(sys.argv[1]))["cells"]
site = cell["sites"][0]
assert cell["unit"] == "second" and site["class"] == "leak" and site["frames"][0]["function"] == "leaky", site
# 3,000 blocks of 1,024 bytes a minute; the error has the noise of sampling in it.
true, period = 3000 * 1024 / 60, int(sys.argv[2])
assert abs(site["bytes_per_op"] - true) < 4 * site["bytes_per_op_error"] + 1e-6 * true, site
noise = (1024 * period * 3000 * 16) ** .5 / 16 / 60 if period > 1 else 0
assert noise * .3 <= site["bytes_per_op_error"] < noise * 4 + .01 * true, (site, noise)
PYTHON
    done
  done
  # Blocks that come in the place of others' are no leak; nor is a leak that is spread thinly clean.
  series 1 replaced 1 24; judged 3 "$folder"/*.pb.gz; grep -q 'others shrink by as much' "$folder/said"
  series 1 spread 1 40; judged 3 "$folder"/*.pb.gz; grep -q 'all call paths together grow' "$folder/said"
  # Too few; none in order of their names; without a time; a budget.
  series 1 leak 1 5; judged 3 "$folder"/*.pb.gz; grep -q '5 profiles are too few' "$folder/said"
  series 1 leak 1 12
  judged 0 --expect leak "$folder"/*.pb.gz
  judged 0 --max-bytes-per-op 60000 "$folder"/*.pb.gz
  judged 1 --max-bytes-per-op 40000 "$folder"/*.pb.gz
  ;;
hostile)
  series 1 leak 1 12
  file=$folder/7.pb.gz
  gzip -dc "$file" >"$folder/raw"
  refused() { # WHAT FILE
    judged 2 "$folder"/{1,2,3,4,5,6}.pb.gz "$2"
    grep -q 'heapgate: cannot judge' "$folder/said" || { cat "$folder/said"; echo "$1"; exit 1; }
  }
  judged 2
  refused missing "$folder/nothing"
  refused folder "$folder"
  mkfifo "$folder/pipe"; refused pipe "$folder/pipe"
  : >"$folder/empty"; refused empty "$folder/empty"
  printf 'hello\n' >"$folder/text"; refused text "$folder/text"
  head -c $(($(stat -c %s "$file") / 2)) "$file" >"$folder/cut.gz"; refused "cut gzip" "$folder/cut.gz"
  head -c 5000 /dev/urandom >"$folder/noise"; refused noise "$folder/noise"
  size=$(stat -c %s "$folder/raw")
  for part in 3 10 $((size / 2)) $((size - 1)); do head -c "$part" "$folder/raw" >"$folder/cut"; refused "cut at $part" "$folder/cut"; done
  # A bomb: a GiB of zeros in a MiB. It is refused at 256 MiB.
  head -c 1073741824 /dev/zero | gzip -1 >"$folder/bomb.gz"
  (ulimit -v 2000000; "$heapgate" judge "$folder/bomb.gz" >"$folder/said" 2>&1) && exit 1
  grep -q '256 MiB' "$folder/said" || { cat "$folder/said"; exit 1; }
  # Counts that no machine has, and a profile of something else.
  printf 'heap profile: 1: 9223372036854775807 [1: 1] @ heapprofile\n 9223372036854775807: 9223372036854775807 [1: 1] @ 0x1\n\nMAPPED_LIBRARIES:\n' >"$folder/huge.1"
  printf 'heap_v2/0\n' >"$folder/period"; refused period "$folder/period"
  for i in 2 3 4 5 6 7; do cp "$folder/huge.1" "$folder/huge.$i"; done
  judged 0 "$folder"/huge.?
  sed 's/inuse_space/inuse_spade/' "$folder/raw" >"$folder/wrong"; refused "wrong type" "$folder/wrong"
  refused "mixed kinds" "$folder/huge.1"
  printf 'heap profile: 1: 1 [1: 1] @ heapprofile\n 1: 1 [1: 1] @ 0x1\n' >"$folder/nomap"; refused "cut text" "$folder/nomap"
  # Hostile names are shown, and have no effect.
  printf 'desc: x\ncmd: x\ntime_unit: i\n' >"$folder/massif"
  for i in 1 2 3 4 5 6 7 8 9; do
    printf 'snapshot=%d\ntime=%d\nmem_heap_B=%d\nheap_tree=detailed\nn1: %d (heap)\n n0: %d 0x1: \033[2J::error (a.c:1)\n' $i ${i}000000 ${i}00 ${i}00 ${i}00
  done >>"$folder/massif"
  judged 1 "$folder/massif"
  ! grep -q $'\033' "$folder/said" || { echo "a name commands the terminal"; exit 1; }
  ;;
*)
  echo "judge.sh jemalloc|tcmalloc|massif|heaptrack|fabricated|hostile HEAPGATE PROFILED"
  exit 2
  ;;
esac
