#!/usr/bin/env bash
# Every run fixture, read by the program that its format is for: report_readers.sh READER REPORT_FILES.
# Exit code 77 where the reader is not installed.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
reader=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$2" "$folder"
python=/usr/bin/python3
checked=0

skip() {
  echo "skipped: $1 is not installed"
  exit 77
}

# with_python MODULE PACKAGE: the system's Python has the module.
with_python() {
  "$python" -c "import $1" 2>/dev/null || skip "$2"
}

# validate SCHEMA FILE...: JSON against a draft-07 schema.
validate() {
  "$python" - "$@" <<'PYTHON'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
validator = jsonschema.Draft7Validator(schema)
wrong = 0
for path in sys.argv[2:]:
    for error in validator.iter_errors(json.load(open(path, encoding="utf-8"))):
        print(path, "/".join(map(str, error.absolute_path)), error.message[:300])
        wrong += 1
sys.exit(wrong > 0)
PYTHON
}

case $reader in
xmllint)
  command -v xmllint >/dev/null || skip libxml2-utils
  for file in "$folder"/*.junit; do
    xmllint --noout --nonet --schema "$here/junit.xsd" "$file" 2>&1
    checked=$((checked + 1))
  done
  ;;
junitparser)
  with_python junitparser python3-junitparser
  "$python" - "$folder" <<'PYTHON'
import sys, junitparser
folder = sys.argv[1]
def read(name):
    xml = junitparser.JUnitXml.fromfile(f"{folder}/{name}.junit")
    suite = next(iter(xml))
    kinds = [type(result).__name__ for case in suite for result in case.result]
    stated = (suite.tests, suite.failures, suite.errors, suite.skipped)
    counted = (len(list(suite)), kinds.count("Failure"), kinds.count("Error"), kinds.count("Skipped"))
    assert stated == counted, (name, stated, counted)
    return suite, counted
assert read("toka")[1] == (24, 0, 0, 0)
suite, counted = read("troubled")
assert counted == (24, 4, 2, 1), counted
text = "".join(result.text or "" for case in suite for result in case.result)
assert "core/after/registry.c:118" in text and "SIGSEGV" in text, text
assert read("hostile")[0].name == "</title><script>"
assert read("empty")[1] == (0, 0, 0, 0)
PYTHON
  checked=4
  ;;
pprof)
  go tool pprof -h >"$folder/help" 2>&1 || true
  grep -q sample_index "$folder/help" || skip golang-go
  export PPROF_TMPDIR=$folder HOME=$folder
  for file in "$folder"/*.pprof; do
    go tool pprof -raw "$file" >"$file.raw"
    checked=$((checked + 1))
  done
  top=$(go tool pprof -sample_index=leaked_space -unit=B -tagfocus=workload=registry-storm -top "$folder/troubled.pprof")
  grep -q 'jsonp_malloc' <<<"$top" || { echo "$top"; exit 1; }
  grep -qx 'Type: leaked_space' <<<"$top" || { echo "$top"; exit 1; }
  # What was leaking before and is in both runs cancels out; the new leak stays.
  base=$(go tool pprof -sample_index=leaked_space -unit=B -lines -base "$folder/toka.pprof" -top "$folder/troubled.pprof")
  grep -q 'core/after/registry.c:118' <<<"$base" || { echo "$base"; exit 1; }
  ;;
promtool)
  command -v promtool >/dev/null || skip prometheus
  for file in "$folder"/*.openmetrics; do
    promtool check metrics <"$file" 2>&1
    checked=$((checked + 1))
  done
  ;;
openmetrics)
  with_python prometheus_client python3-prometheus-client
  for file in "$folder"/*.openmetrics; do
    "$python" - "$file" <<'PYTHON'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
samples = [s for family in text_string_to_metric_families(open(sys.argv[1], encoding="utf-8").read()) for s in family.samples]
assert samples, "no samples"
assert len({(s.name, tuple(sorted(s.labels.items()))) for s in samples}) == len(samples), "a series twice"
PYTHON
    checked=$((checked + 1))
  done
  ;;
cmark)
  command -v cmark-gfm >/dev/null || skip cmark-gfm
  for file in "$folder"/*.markdown; do
    cmark-gfm --unsafe --extension table --extension autolink "$file" >"$file.html"
    # What heapgate wrote itself, and nothing that a name made of it.
    found=$(grep -oE '<[a-z!/][^ >]*' "$file.html" | tr -d '</' | sort -u | tr '\n' ' ')
    for tag in $found; do
      case $tag in
      h2 | h3 | p | table | thead | tbody | tr | th | td | code | details | summary | pre | b | sub | strong | ul | li) ;;
      *) echo "$file: <$tag>"; exit 1 ;;
      esac
    done
    checked=$((checked + 1))
  done
  [ "$(grep -c '<tr>' "$folder/toka.markdown.html")" = 16 ] || { cat "$folder/toka.markdown.html"; exit 1; }
  # The hostile names stay in their cells: 2 rows, and the head, of 6 cells each.
  [ "$(grep -cE '<t[hd][ >]' "$folder/hostile.markdown.html")" = 18 ] || { cat "$folder/hostile.markdown.html"; exit 1; }
  ;;
csv)
  with_python csv python3
  for file in "$folder"/*.csv; do
    "$python" - "$file" <<'PYTHON'
import csv, sys
rows = list(csv.reader(open(sys.argv[1], encoding="utf-8", newline="")))
assert rows[0][:5] == ["workload", "subject", "allocator", "round", "ops"], rows[0]
speed = [name for name in rows[0] if name.startswith(("speed_", "op_"))]
faults = rows[0][rows[0].index("fault"):] if "fault" in rows[0] else []
assert len(speed) == 6 and rows[0][-6 - len(faults):len(rows[0]) - len(faults)] == speed, rows[0]
for row in rows[1:]:
    assert len(row) == len(rows[0]), row
    assert not row[0].startswith(("=", "+", "-", "@")), row
    assert bool(row[2]) != bool(faults and row[-len(faults)]), row
    if not row[2]: # a fault
        assert not any(row[2:-len(faults)]) and all(number.isdigit() for number in row[-3:]), row
        continue
    assert not any(row[len(row) - len(faults):]), row
    row = row[:len(row) - len(faults)]
    assert all(number.lstrip("-").isdigit() for number in row[3:-len(speed)]), row
    # Empty where nothing was timed.
    assert all(float(number or 1) > 0 for number in row[-len(speed):]), row
PYTHON
    checked=$((checked + 1))
  done
  ;;
sarif)
  with_python jsonschema python3-jsonschema
  validate "$here/sarif.schema.json" "$folder"/*.sarif
  checked=6
  ;;
speedscope)
  with_python jsonschema python3-jsonschema
  validate "$here/speedscope.schema.json" "$folder"/*.speedscope
  checked=6
  ;;
*)
  echo "no reader '$reader'"
  exit 2
  ;;
esac
echo "$reader: $checked files read"
[ "$checked" -gt 0 ]
