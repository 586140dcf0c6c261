#!/usr/bin/env bash
# how often verdicts are right, on unseen and on known leaks, with 95 % bounds; argument: repeats (3)
set -euo pipefail
build=$1
shift
cmake --build "$build" --target testset -- --quiet
exec "$build/bench/accuracy_bench" "$build" "$@"
