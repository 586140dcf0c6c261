#!/usr/bin/env bash
# The monitor's text, read by the programs it is for: monitor_text.sh READER PROGRAM. Exit code 77 where the reader is
# not installed.
set -euo pipefail
text=$("$2")

case $1 in
promtool)
  command -v promtool >/dev/null || { echo "skipped: prometheus is not installed"; exit 77; }
  # promtool reads Prometheus' own format, where a counter's family is named like its samples, with _total.
  awk '/^# TYPE .* counter$/ { counter[$3] = 1 }
       /^# (TYPE|HELP) / && ($3 in counter) { $3 = $3 "_total" }
       { print }' <<<"$text" | promtool check metrics 2>&1
  ;;
openmetrics)
  /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null ||
    { echo "skipped: python3-prometheus-client is not installed"; exit 77; }
  /usr/bin/python3 - "$text" <<'PYTHON'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.argv[1] + "\n"))
values = {sample.name: sample.value for family in families for sample in family.samples}
assert all(family.documentation for family in families), "a family without help"
assert len(values) == len(families) > 20, len(values)
assert values["toka_cache_hits_total"] == 2, values
assert values["toka_dispatches_total"] == 1, values
assert 0.66 < values["toka_cache_hit_ratio"] < 0.67, values
PYTHON
  ;;
*)
  echo "monitor_text.sh promtool|openmetrics PROGRAM"
  exit 2
  ;;
esac
