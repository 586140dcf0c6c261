#!/usr/bin/env bash
# the price of an allocation by number of threads, and of a thread that ends; argument: --rounds N
set -euo pipefail
build=$1
shift
exec "$build/bench/threads_bench" "$build" "$@"
