#!/usr/bin/env bash
# nginx, redis and a web server of the tests for 30 minutes under heapgate exec --serve, read by Prometheus and pprof: serve.sh BUILD [MINUTES]
set -euo pipefail
for needed in nginx redis-server redis-benchmark ab go promtool prometheus; do
  command -v "$needed" >/dev/null || PATH=$PATH:/usr/sbin command -v "$needed" >/dev/null ||
    { echo "$needed is not installed (nginx-light redis-server redis-tools apache2-utils golang-go prometheus)" >&2; exit 1; }
done
PATH=$PATH:/usr/sbin exec /usr/bin/python3 "$(dirname "$0")/serve.py" "$(realpath "$1")" "${2:-30}"
