#!/usr/bin/env bash
# the search for holders in a heap of 1 GiB: its time, the pause of the program, the index; argument: --blocks N
set -euo pipefail
build=$1
shift
exec "$build/bench/scan_bench" "$build" "$@"
