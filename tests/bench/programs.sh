#!/usr/bin/env bash
# programs of the system, bare and under heapgate exec: output, verdict, time and memory; [--allocator NAME] [PROGRAM...]
set -euo pipefail
build=$(realpath "$1")
shift
exec /usr/bin/python3 -B "$(dirname "$0")/programs.py" "$build/heapgate" "$@"
