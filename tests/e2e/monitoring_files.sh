#!/usr/bin/env bash
# The examples in docs/monitoring: monitoring_files.sh rules FOLDER | names FOLDER MONITOR_TEXT_PROGRAM | exec FOLDER HEAPGATE. Exit code 77
# where promtool is not installed.
set -euo pipefail
cd "$2"

case $1 in
rules)
  command -v promtool >/dev/null || { echo "skipped: prometheus is not installed"; exit 77; }
  promtool check rules heapgate.rules.yml
  # Tests that tested nothing would pass as well: of each alert one that fires and one that does not.
  for alert in $(sed -n 's/.*- alert: //p' heapgate.rules.yml); do
    [ "$(grep -c "eval_time.*alertname: $alert }" heapgate.rules.test.yml)" -ge 1 ] ||
      { echo "$alert: no series on which it must not fire"; exit 1; }
    [ "$(grep -A1 "^ *alertname: $alert$" heapgate.rules.test.yml | grep -c exp_alerts)" -ge 1 ] ||
      { echo "$alert: no series on which it must fire"; exit 1; }
  done
  promtool test rules heapgate.rules.test.yml
  ;;
exec)
  # What belongs to heapgate exec: rules with their tests, a drop-in; and every name is one that it writes.
  /usr/bin/python3 -c 'import json; json.load(open("exec.dashboard.json"))'
  known=$(grep -ohE '\bheapgate_[a-z_]+' README.md | sort -u)
  count=0
  for name in $(grep -v '^ *#' exec.rules.yml exec.dashboard.json | grep -oE '\bheapgate_[a-z_]+' | sort -u); do
    grep -qx "$name" <<<"$known" || { echo "README.md does not name $name"; exit 1; }
    count=$((count + 1))
  done
  [ "$count" -ge 12 ] || { echo "only $count names found"; exit 1; }
  if command -v systemd-analyze >/dev/null; then
    units=$(mktemp -d)
    trap 'rm -rf "$units"' EXIT
    mkdir "$units/my-server.service.d"
    printf '[Service]\nExecStart=/bin/true\n' >"$units/my-server.service"
    sed "s|/usr/bin/heapgate |$3 |" heapgate.conf >"$units/my-server.service.d/heapgate.conf"
    SYSTEMD_UNIT_PATH=$units: systemd-analyze verify "$units/my-server.service" 2>&1 | tee "$units/said"
    ! grep -q my-server "$units/said" || exit 1
  fi
  command -v promtool >/dev/null || { echo "skipped: prometheus is not installed"; exit 77; }
  promtool check rules exec.rules.yml
  promtool test rules exec.rules.test.yml
  ;;
names)
  # Every metric that rules and dashboard speak of is one that the monitor writes, or a rule records.
  known=$("$3" | sed -n 's/^\(toka_[a-z_]*\) .*/\1/p'; sed -n 's/.*- record: //p' heapgate.rules.yml)
  [ "$(wc -w <<<"$known")" -gt 20 ] || { echo "the monitor wrote only: $known"; exit 1; }
  count=0
  for file in heapgate.rules.yml dashboard.json; do
    /usr/bin/python3 -c 'import json, sys; json.load(open("dashboard.json"))'
    for name in $(grep -v '^ *#' "$file" | grep -oE '\btoka[_:][a-z_:]+' | grep -vx 'toka_alert' | sort -u); do
      grep -qx "$name" <<<"$known" || { echo "$file: the monitor writes no $name"; exit 1; }
      count=$((count + 1))
    done
  done
  [ "$count" -ge 25 ] || { echo "only $count names found"; exit 1; }
  # And every metric is on the dashboard, but the ratio that it computes over the time shown.
  for name in $known; do
    [ "$name" = toka_cache_hit_ratio ] || grep -q "$name\b" dashboard.json || { echo "the dashboard lacks $name"; exit 1; }
  done
  ;;
*)
  echo "monitoring_files.sh rules|names|exec FOLDER [PROGRAM]"
  exit 2
  ;;
esac
