#!/usr/bin/env bash
# cache hits and dispatches in 1, 2 and 4 threads, both builds; arguments: rounds (15), ms each (20)
set -euo pipefail
build=$1
shift
exec "$build/bench/scaling_bench" "$build/bench" "$@"
