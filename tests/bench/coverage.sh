#!/usr/bin/env bash
# what --coverage adds to a run of the Toka suite: both in turn, the median ratio; arguments: how often, options of run
set -euo pipefail
build=$(realpath "$1")
exec python3 - "$build/heapgate" "${2:-9}" "${@:3}" <<'PYTHON'
"""Processor time of all processes, and time on the clock. The order changes from pair to pair."""
import os
import statistics
import sys
import tempfile
import time

heapgate, times, options = sys.argv[1], int(sys.argv[2]), sys.argv[3:]


def run(folder, *words):
    """Seconds of the processor and of the clock."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        os.execv(heapgate, [heapgate, "run", "--quiet", "--no-speed", "--jobs", "1", "--out", "out", *options, *words])
    _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        sys.exit(f"heapgate run {' '.join(words)}: exit code {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - started


print("| pair | without | with --coverage | ratio | ratio on the clock |\n|---|---|---|---|---|")
ratios, clocks = [], []
with tempfile.TemporaryDirectory() as folder:
    for pair in range(times):
        found = {}
        for words in ([], ["--coverage"]) if pair % 2 == 0 else (["--coverage"], []):
            found[bool(words)] = run(folder, *words)
        ratios.append(found[True][0] / found[False][0])
        clocks.append(found[True][1] / found[False][1])
        print(f"| {pair + 1} | {found[False][0]:.2f} s | {found[True][0]:.2f} s | {ratios[-1]:.3f} | {clocks[-1]:.3f} |",
              flush=True)
print(f"\nThe median ratio is {statistics.median(ratios):.3f} of the processor's time, "
      f"{statistics.median(clocks):.3f} on the clock.")
PYTHON
