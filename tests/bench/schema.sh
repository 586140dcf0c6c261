#!/usr/bin/env bash
# compiling a folder of schemas against merely parsing them; argument: the folder
set -euo pipefail
build=$1
shift
exec "$build/bench/schema_bench" "$@"
