#!/usr/bin/env bash
# a probe that sleeps: 1,000 wake-ups of a server under load, 20 observers that are killed, and what sleep costs: wakeups.sh BUILD [TIMES]
set -euo pipefail
build=$(realpath "$1")
times=${2:-1000}
e2e=$(dirname "$0")/../e2e
probe=$build/harness/libheapgate-probe.so
attach() {
  HEAPGATE_WAKES=$times HEAPGATE_KILLS=20 "$e2e/attach.sh" "$1" "$build/heapgate" "$build/tests/programs" "$build/tests/wakes" \
    "$probe" 2>/dev/null
}

echo "a web server with 4 connections at full speed, $times wake-ups, then 20 observers killed with SIGKILL:"
attach requests
echo "4 threads that allocate, resize and free blocks of each other, and look at what is in them, $times wake-ups:"
attach wakes
jumps=$(mktemp --suffix=.so)
trap 'rm -f "$jumps"' EXIT
cc -O2 -shared -fPIC -fno-builtin -o "$jumps" "$(dirname "$0")/jumps.c"
echo "seconds of a loop of malloc and free (overhead_subject churn), 15 runs of each, in turns:"
/usr/bin/python3 - "$build" "$jumps" <<'PYTHON'
import os, resource, statistics, subprocess, sys
build, jumps = sys.argv[1:]
subject = [f"{build}/bench/overhead_subject", "churn", "1", "100000000"]
bare = dict(os.environ, LD_LIBRARY_PATH=f"{build}/core/after")
sides = {"bare": bare, "a library that only jumps on": dict(bare, LD_PRELOAD=jumps),
         "asleep": dict(bare, LD_PRELOAD=f"{build}/harness/libheapgate-probe.so", HEAPGATE="dormant")}
def seconds(environment):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(subject, env=environment, stdout=subprocess.DEVNULL, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
runs = [{name: seconds(environment) for name, environment in sides.items()} for _ in range(15)]
for name in sides:
    times, ratios = [run[name] for run in runs], [run[name] / run["bare"] for run in runs]
    print(f"{name}: {min(times):.3f} at least, {statistics.median(times):.3f} at the median; {statistics.median(ratios):.3f} times bare")
PYTHON
