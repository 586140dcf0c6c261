#!/usr/bin/env bash
# how often verdicts are right, with 95 % bounds; argument: repeats (2)
set -euo pipefail
build=$1
shift
exec "$build/bench/accuracy_bench" "$build" "$@"
