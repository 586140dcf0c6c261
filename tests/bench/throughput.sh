#!/usr/bin/env bash
# ops per second of before against after, every workload; argument: rounds
set -euo pipefail
build=$1
shift
exec "$build/bench/throughput_bench" "$build/heapgate" "$@"
