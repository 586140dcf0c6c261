#!/usr/bin/env bash
# the price of an allocation by depth of stack, number of stacks and live blocks; argument: --rounds N
set -euo pipefail
build=$1
shift
exec "$build/bench/depth_bench" "$build" "$@"
