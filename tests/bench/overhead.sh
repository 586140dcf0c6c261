#!/usr/bin/env bash
# heapgate and its peers, in one run: time, memory, bytes written; arguments: --rounds N, --subject NAME
set -euo pipefail
build=$1
shift
exec "$build/bench/overhead_bench" "$build" "$@"
