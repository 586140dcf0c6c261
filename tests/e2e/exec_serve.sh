#!/usr/bin/env bash
# What heapgate exec serves while a program runs: exec_serve.sh MODE HEAPGATE FOLDER_OF_PROGRAMS. Exit code 77 where the
# reader of the mode is not installed.
set -euo pipefail
mode=$1
heapgate=$2
programs=$3
python=/usr/bin/python3
guide=$(dirname "$(readlink -f "$0")")/../../docs/monitoring/README.md

case $mode in
pprof | stacks) command -v go >/dev/null || { echo "skipped: golang-go is not installed"; exit 77; } ;;
prometheus) command -v prometheus >/dev/null || { echo "skipped: prometheus is not installed"; exit 77; } ;;
promtool) command -v promtool >/dev/null || { echo "skipped: prometheus is not installed"; exit 77; } ;;
openmetrics) "$python" -c 'import prometheus_client' 2>/dev/null ||
  { echo "skipped: python3-prometheus-client is not installed"; exit 77; } ;;
esac

folder=$(mktemp -d)
watched=
trap '[ -z "$watched" ] || kill -KILL "$watched" 2>/dev/null || true; rm -rf "$folder"' EXIT
export PPROF_TMPDIR=$folder HEAPGATE_TEST_CASE=none

fail() {
  cat "$folder/said"
  echo "$*"
  exit 1
}

# start OPTIONS... -- PROGRAM...: sets address and watched.
start() {
  : >"$folder/said"
  "$heapgate" exec "$@" >"$folder/printed" 2>"$folder/said" &
  watched=$!
  for _ in $(seq 600); do
    address=$(sed -n 's/^heapgate: serving at //p' "$folder/said")
    [ -z "$address" ] || return 0
    sleep 0.05
  done
  fail "it does not say where it serves"
}

# stop WANTED: the watched program is told to end, and heapgate's exit code is the wanted one.
stop() {
  kill -TERM "$watched"
  local code=0
  wait "$watched" || code=$?
  watched=
  [ "$code" -eq "$1" ] || fail "heapgate ended with $code, not $1"
}

# until_verdict WHAT
until_verdict() {
  for _ in $(seq 600); do
    curl -s "${address}verdict" >"$folder/verdict" && grep -q "\"outcome\": \"$1\"" "$folder/verdict" && return 0
    sleep 0.05
  done
  cat "$folder/verdict"
  fail "no verdict $1 within 30 s"
}

case $mode in
pprof)
  start --serve 127.0.0.1:0 -- "$programs/serves" leak 1000000 200
  until_verdict leak
  for kind in heap allocs "growth?seconds=1"; do
    go tool pprof -raw "${address}debug/pprof/$kind" >"$folder/raw" 2>"$folder/errors" ||
      { cat "$folder/errors"; fail "go tool pprof cannot read $kind"; }
    grep -q '^PeriodType: space bytes$' "$folder/raw" || fail "$kind: $(head -3 "$folder/raw")"
    grep -qE 'inuse_space/bytes(\[dflt\])? inuse_objects/count(\[dflt\])? alloc_space/bytes(\[dflt\])? alloc_objects/count' \
      "$folder/raw" || fail "$kind: $(cat "$folder/raw")"
    grep -q ' open_session .*/serves.c:' "$folder/raw" || fail "$kind: no open_session"
    # Every block of 48 bytes that was allocated there is alive: bytes, blocks, and the same again.
    awk '/^ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+:/ && $1 == 48 * $2 && $1 == $3 && $2 == $4 + 0 { found = 1 }
         END { exit !found }' "$folder/raw" || fail "$kind: no stack whose blocks are all alive: $(cat "$folder/raw")"
  done
  grep -qE '^Duration: (9[0-9][0-9]\.|[1-5])' "$folder/raw" || fail "growth in 1 s: $(grep Duration "$folder/raw")"
  go tool pprof -top -sample_index=inuse_space "${address}debug/pprof/heap" 2>/dev/null >"$folder/top"
  grep -q ' open_session$' "$folder/top" || fail "$(cat "$folder/top")"
  stop 1
  ;;

promtool | openmetrics)
  # A name that is no label as it is, and a verdict with a site.
  cp "$programs/serves" "$folder/a\"b
c\\d"
  start --serve 127.0.0.1:0 -- "$folder/a\"b
c\\d" clock 1000000 200
  until_verdict leak
  if [ "$mode" = promtool ]; then
    curl -s "${address}metrics" | promtool check metrics 2>&1 || fail "promtool finds fault"
    # Every metric of the guide is one that is served; what grows now is known after half a minute.
    for name in $(grep -oE '\bheapgate_[a-z_]+' "$guide" | grep -v heapgate_recent_growth | sort -u); do
      curl -s "${address}metrics" | grep "^$name{" >/dev/null || fail "it serves no $name"
    done
    # The verdict of a young program may waver.
    for _ in $(seq 300); do
      curl -s "${address}metrics" >"$folder/metrics"
      ! grep '^heapgate_verdict_state{.*heapgate_verdict_state="leak"} 1$' "$folder/metrics" || break
      sleep 0.1
    done
    grep -q '^heapgate_verdict_state{.*heapgate_verdict_state="leak"} 1$' "$folder/metrics" || fail "no state of the verdict"
  else
    curl -s -H 'Accept: application/openmetrics-text' "${address}metrics" >"$folder/metrics"
    "$python" - "$folder/metrics" <<'PYTHON'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = {family.name: family for family in text_string_to_metric_families(open(sys.argv[1]).read())}
assert all(family.documentation for family in families.values()), "a family without help"
state = families["heapgate_verdict_state"]
assert state.type == "stateset", state
assert {s.labels["heapgate_verdict_state"]: s.value for s in state.samples} == {
    "clean": 0, "leak": 1, "fragmentation": 0, "inconclusive": 0, "failed": 0}, state
growth, = [s for s in families["heapgate_growth_bytes_per_second"].samples if s.labels["function"] == "open_session"]
assert growth.value > 1000 and growth.labels["line"].isdigit() and growth.labels["class"] == "leak", growth
values = {s.name: s.value for family in families.values() for s in family.samples if "process" in s.labels}
assert values["heapgate_process_live_blocks"] * 48 <= values["heapgate_process_live_bytes"], values
assert values["heapgate_process_allocations_total"] > values["heapgate_process_live_blocks"] > 100, values
assert values["heapgate_process_resident_bytes"] > values["heapgate_process_live_bytes"], values
assert 0 < values["heapgate_process_fragmentation_ratio"] < 1, values
assert values["heapgate_process_open_files"] >= 3 and values["heapgate_process_threads"] == 1, values
PYTHON
  fi
  stop 1
  ;;

pages)
  start --serve 127.0.0.1:0 -- "$programs/serves" clean 1000000 200
  until_verdict pass
  "$python" - "$address" <<'PYTHON'
import json, sys, urllib.error, urllib.request
def get(path, method="GET", **headers):
    request = urllib.request.Request(sys.argv[1] + path, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
verdict = json.loads(get("verdict")[2])
assert verdict["schema"] == "heapgate-brief/1" and verdict["exit_code"] == 0, verdict
status, headers, page = get("report.html")
assert status == 200 and page.startswith(b"<!doctype html") and headers["Content-Type"].startswith("text/html"), headers
for path in "metrics", "verdict", "report.html", "debug/pprof/heap", "debug/pprof/allocs":
    status, headers, body = get(path, "HEAD")
    assert status == 200 and body == b"" and int(headers["Content-Length"]) > 0, (path, headers)
    # What is said of the present is never "not modified".
    status, headers, body = get(path, **{"If-None-Match": "*", "If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT"})
    assert status == 200 and body and headers["Cache-Control"] == "no-store", (path, status)
    assert get(path, "POST")[0] == 405
assert get("debug/pprof/profile")[0] == 404
assert b"/debug/pprof/heap" in get("nothing")[2]
for seconds in "0", "-1", "nan", "inf", "1e9", "601", "ten", "", "1x":
    assert get("debug/pprof/growth?seconds=" + seconds)[0] == 400, seconds
assert get("debug/pprof/heap?seconds=0.1")[0] == 200
assert get("debug/pprof/heap?gc=1&debug=0")[0] == 200
PYTHON
  stop 0
  ;;

hostile)
  start --serve 127.0.0.1:0 -- "$programs/serves" clean 1000000 200
  until_verdict pass
  "$python" - "$address" <<'PYTHON'
import socket, sys, threading, time, urllib.parse, urllib.request
where = urllib.parse.urlparse(sys.argv[1])
def connect(timeout=60):
    return socket.create_connection((where.hostname, where.port), timeout=timeout)
def raw(data):
    with connect() as connection:
        connection.sendall(data)
        return connection.recv(4096)
def get(path):
    return urllib.request.urlopen(sys.argv[1] + path, timeout=60).read()
assert b" 421" in raw(b"GET /verdict HTTP/1.1\r\nHost: evil.example\r\n\r\n")[:16]
assert b" 4" in raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200000 + b"\r\n\r\n")[:16]
assert b" 4" in raw(b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")[:16]
assert b" 404" in raw(b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")[:16]
# Clients that say nothing, and one that sends a byte now and then: they hold nothing up for long, and not for ever.
silent = [connect() for _ in range(15)]
slow = connect()
ended = []
def drip():
    begun = time.time()
    try:
        for letter in b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 500:
            slow.sendall(bytes([letter]))
            time.sleep(0.5)
    except OSError:
        ended.append(time.time() - begun)
dripping = threading.Thread(target=drip)
dripping.start()
begun = time.time()
assert b"heapgate-brief" in get("verdict")
assert time.time() - begun < 30, "silent clients keep others out"
dripping.join(90)
assert ended and ended[0] < 60, "a slow client keeps its connection"
# More that wait than may: the others are told to come again, and nobody is held up.
waiting = []
for _ in range(8):
    connection = connect()
    connection.sendall(b"GET /debug/pprof/growth?seconds=3 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    waiting.append(connection)
begun = time.time()
get("verdict"), get("metrics"), get("debug/pprof/heap")
assert time.time() - begun < 2.5, "who waits holds others up"
answers = [connection.recv(65536)[:12] for connection in waiting]
assert answers.count(b"HTTP/1.1 200") == 4 and answers.count(b"HTTP/1.1 503") == 4, answers
# Two at once.
bodies = []
both = [threading.Thread(target=lambda: bodies.append(get("debug/pprof/heap"))) for _ in range(2)]
for one in both: one.start()
for one in both: one.join()
assert len(bodies) == 2 and all(body[:2] == b"\x1f\x8b" for body in bodies)
PYTHON
  stop 0
  ;;

access)
  # Only this machine, unless there is a token; a port that is taken; a socket of this user alone.
  run() { "$heapgate" exec "$@" -- "$programs/serves" clean 10 100 >/dev/null 2>"$folder/said"; }
  for refused in 0.0.0.0:0 '[::]:0' 192.0.2.1:80; do
    code=0; run --serve "$refused" || code=$?
    { [ "$code" -eq 2 ] && grep -q 'not an address of this machine alone.*--serve-token' "$folder/said"; } || fail "$refused: $code"
  done
  for wrong in '' x 127.0.0.1 127.0.0.1:99999 127.0.0.1:x '::1:80' '[::1:80' 'unix:' "unix:$(printf 'a%.0s' {1..200})"; do
    code=0; run --serve "$wrong" || code=$?
    [ "$code" -eq 2 ] || fail "'$wrong': $code"
  done
  code=0; run --serve-token secret || code=$?
  [ "$code" -eq 2 ] || fail "a token for nobody: $code"

  start --serve 0.0.0.0:0 --serve-token s3cret --out "$folder/out" -- "$programs/serves" clean 1000000 200
  port=${address##*:}; port=${port%/}
  here=http://127.0.0.1:$port
  code=0; run --serve "127.0.0.1:$port" || code=$?
  { [ "$code" -eq 2 ] && grep -q 'Address already in use' "$folder/said"; } || fail "a port that is taken: $code"
  status() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
  until_verdict_with_token() { for _ in $(seq 600); do [ "$(status -u x:s3cret "$here/verdict")" != 200 ] || return 0; sleep 0.05; done; fail "no verdict"; }
  until_verdict_with_token
  [ "$(status "$here/verdict")" = 401 ] || fail "no token, and an answer"
  [ "$(status -H 'Authorization: Bearer s3cret' "$here/verdict")" = 200 ] || fail "Bearer"
  for wrong in 'Bearer s3cre' 'Bearer s3crets' 'Bearer ' 'Basic ' 'Basic eA==' "Basic $(printf x: | base64)" 's3cret' \
    "Basic $(head -c 3000 /dev/zero | base64 -w 0)"; do
    [ "$(status -H "Authorization: $wrong" "$here/verdict")" = 401 ] || fail "$wrong"
  done
  ! tr '\0' ' ' <"/proc/$watched/cmdline" | grep -q s3cret || fail "ps shows the token"
  stop 0
  ! grep -rq s3cret "$folder/out" "$folder/said" || fail "a report shows the token"

  if [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6; then
    start --serve '[::1]:0' -- "$programs/serves" clean 1000000 200
    [[ $address == http://\[::1\]:* ]] || fail "$address"
    until_verdict pass
    stop 0
  fi

  printf 'not a socket' >"$folder/file"
  code=0; run --serve "unix:$folder/file" || code=$?
  { [ "$code" -eq 2 ] && [ "$(cat "$folder/file")" = 'not a socket' ]; } || fail "a file in the way: $code"
  # A socket that a killed heapgate left is replaced; one that is in use is not.
  start --serve "unix:$folder/socket" -- "$programs/serves" clean 1000000 200
  kill -KILL "$watched"; wait "$watched" || true
  for _ in $(seq 100); do curl -s --unix-socket "$folder/socket" http://x/verdict >/dev/null || break; sleep 0.05; done
  [ -S "$folder/socket" ] || fail "no socket is left to replace"
  start --serve "unix:$folder/socket" -- "$programs/serves" clean 1000000 200
  code=0; run --serve "unix:$folder/socket" || code=$?
  [ "$code" -eq 2 ] || fail "a socket in use: $code"
  [ "$(stat -c %a "$folder/socket")" = 600 ] || fail "others may connect"
  for _ in $(seq 600); do curl -s --unix-socket "$folder/socket" http://x/verdict >"$folder/verdict"; grep -q pass "$folder/verdict" && break; sleep 0.05; done
  grep -q '"outcome": "pass"' "$folder/verdict" || fail "no verdict at the socket"
  kill -TERM "$watched"; wait "$watched" || true; watched=
  [ ! -e "$folder/socket" ] || fail "the socket is left"
  ;;

children)
  # shellcheck disable=SC2016 # the shell that is watched expands it
  # The server itself only waits; its workers have the memory, and come and go.
  start --children --serve 127.0.0.1:0 -- /bin/sh -c \
    '"$0" leak 1000001 201 & while :; do /bin/sleep 0.2; done' "$programs/serves"
  until_verdict leak
  curl -s "${address}metrics" >"$folder/metrics"
  grep -q '^heapgate_process_live_blocks{program="serves",process="[0-9]*"} [1-9]' "$folder/metrics" ||
    fail "$(grep live_blocks "$folder/metrics")"
  grep -q 'heapgate_growth_bytes_per_second{.*function="open_session"' "$folder/metrics" || fail "no site"
  curl -s "${address}debug/pprof/growth?seconds=1" | "$python" -c '
import gzip, sys
profile = gzip.decompress(sys.stdin.buffer.read())
assert b"open_session" in profile and b"process" in profile'
  pkill -KILL -P "$watched" sh || true
  code=0; wait "$watched" || code=$?
  watched=
  pkill -KILL -f "$programs/serves leak 1000001 201" || true
  [ "$code" -ge 1 ] || fail "it ended with $code"
  ;;

ending)
  # A client that waits when the program ends has its answer, for the time there was; then nobody serves any more.
  start --serve 127.0.0.1:0 -- "$programs/serves" leak 20000 300
  until_verdict leak
  curl -s -o "$folder/growth" -w '%{http_code}' "${address}debug/pprof/growth?seconds=500" >"$folder/status" &
  client=$!
  code=0; wait "$watched" || code=$?
  watched=
  wait "$client" || fail "the client was cut off"
  [ "$code" -eq 1 ] || fail "it ended with $code"
  { [ "$(cat "$folder/status")" = 200 ] && gzip -t <"$folder/growth"; } || fail "$(cat "$folder/status")"
  ! curl -s "${address}verdict" || fail "it still serves"
  # A program that goes into the background.
  start --serve 127.0.0.1:0 -- /bin/sh -c "'$programs/serves' clean 2000 1000 >/dev/null 2>&1 </dev/null & exit 0"
  code=0; wait "$watched" || code=$?
  watched=
  [ "$code" -ge 3 ] || fail "a program in the background: $code"
  # heapgate is killed: the server of its pages ends with it.
  start --serve 127.0.0.1:0 -- "$programs/serves" clean 1000000 200
  until_verdict pass
  kill -KILL "$watched"; wait "$watched" || true; watched=
  for _ in $(seq 200); do curl -s "${address}verdict" >/dev/null || break; sleep 0.05; done
  ! curl -s "${address}verdict" || fail "it serves without heapgate"
  ;;

snapshots)
  # Of an alert: one snapshot, with holders; none where there were as many as may be; none of a full disk, told once.
  line=$(grep -n 'here: session' "$(dirname "$0")/programs/serves.c" | cut -d: -f1)
  mkdir "$folder/enough" "$folder/small"
  mkdir "$folder/enough/alert-$(date -u +%Y%m%dT%H%M%SZ)" "$folder/enough/alert-20200101T000000Z"
  "$heapgate" exec -q --serve 127.0.0.1:0 --snapshots 1 --out "$folder/enough" -- "$programs/serves" clock 1000000 1000 \
    >/dev/null 2>"$folder/enough.said" &
  others=$!
  if mount -t tmpfs -o size=160k none "$folder/small" 2>/dev/null; then
    head -c 150000 /dev/zero >"$folder/small/hog" || true
    trap 'kill -KILL "$watched" $others 2>/dev/null || true; umount -l "$folder/small" 2>/dev/null || true; rm -rf "$folder"' EXIT
    "$heapgate" exec -q --serve 127.0.0.1:0 --out "$folder/small" -- "$programs/serves" clock 1000000 1000 \
      >/dev/null 2>"$folder/small.said" &
    others="$others $!"
  fi
  start --holders auto --serve 127.0.0.1:0 --out "$folder/out" -- "$programs/serves" clock 1000000 1000
  for _ in $(seq 600); do grep -q 'a snapshot of the ALERT is in' "$folder/said" && break; sleep 0.1; done
  grep -qE "ALERT 20.*: serves leaks .* per ms, .* at this rate: open_session .*serves.c:$line < " "$folder/said" || fail "no alert"
  made=$(echo "$folder"/out/alert-*)
  grep -q "at the ALERT, held by sessions" "$folder/said" || fail "no holder in the log"
  "$python" - "$made" <<'PYTHON'
import gzip, json, sys
run = json.load(open(sys.argv[1] + "/run.json"))
site = run["cells"][0]["sites"][0]
assert run["cells"][0]["verdict"] == "leak" and site["frames"][0]["function"] == "open_session", run
assert site["held"]["holders"][0]["path"].startswith("sessions"), site
assert b"open_session" in gzip.open(sys.argv[1] + "/heap.pb.gz").read()
assert open(sys.argv[1] + "/report.html").read().startswith("<!doctype html")
PYTHON
  "$heapgate" report "$made" | grep -q 'open_session' || fail "no report of $made"
  stop 1
  [ "$(grep -c ALERT "$folder/said")" -eq 3 ] || fail "more than one alert"
  for _ in $(seq 300); do
    ! grep -q '--snapshots allows' "$folder/enough.said" || ! { [ ! -e "$folder/small.said" ] ||
      grep -q 'snapshot of the ALERT' "$folder/small.said"; } || break
    sleep 0.1
  done
  # shellcheck disable=SC2086 # they are two
  kill -TERM $others
  # shellcheck disable=SC2086
  wait $others || true
  cat "$folder/enough.said"
  grep -q 'no snapshot of this alert: --snapshots allows 1 a day' "$folder/enough.said" || fail "more a day than allowed"
  [ "$(ls -d "$folder"/enough/alert-* | wc -l)" -eq 2 ] || fail "$(ls "$folder/enough")"
  if [ -e "$folder/small.said" ]; then
    cat "$folder/small.said"
    [ "$(grep -c 'snapshot of the ALERT.*No space left on device; heapgate goes on' "$folder/small.said")" -eq 1 ] || fail "a full disk"
    [ -z "$(ls -d "$folder"/small/alert-* 2>/dev/null)" ] || fail "half a snapshot: $(ls -R "$folder/small")"
    umount -l "$folder/small"
  fi
  ;;

prometheus)
  # The real one, with the rules as they are: it tells the line that leaks, with its holder, and nothing of a healthy server.
  line=$(grep -n 'here: session' "$(dirname "$0")/programs/serves.c" | cut -d: -f1)
  "$heapgate" exec -q --serve "127.0.0.1:0" -- "$programs/serves" clean 1000000 1000 >/dev/null 2>"$folder/healthy" &
  healthy=$!
  start --holders auto --serve 127.0.0.1:0 -- "$programs/serves" clock 1000000 1000
  for _ in $(seq 600); do grep -q 'serving at' "$folder/healthy" && break; sleep 0.05; done
  target() { sed 's|.*//||; s|/$||'; }
  cat >"$folder/prometheus.yml" <<YAML
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ["$(dirname "$guide")/exec.rules.yml"]
scrape_configs:
  - job_name: heapgate
    static_configs:
      - { targets: ["$(target <<<"$address")"], labels: { server: leaks } }
      - { targets: ["$(sed -n 's/.*serving at //p' "$folder/healthy" | target)"], labels: { server: healthy } }
YAML
  port=$("$python" -c 'import socket; made = socket.socket(); made.bind(("127.0.0.1", 0)); print(made.getsockname()[1])')
  prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/tsdb" --web.listen-address="127.0.0.1:$port" \
    >"$folder/prometheus" 2>&1 &
  reader=$!
  trap 'kill -KILL "$watched" "$healthy" "$reader" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
  for _ in $(seq 300); do
    sleep 0.3
    curl -s "http://127.0.0.1:$port/api/v1/alerts" >"$folder/alerts" || true
    ! "$python" -c 'import json, sys
sys.exit(not any(alert["state"] == "firing" and "held_by" in alert["labels"] for alert in json.load(sys.stdin)["data"]["alerts"]))' \
      <"$folder/alerts" 2>/dev/null || break
  done
  "$python" - "$folder/alerts" "$line" <<'PYTHON' || fail "$(cat "$folder/alerts"; tail -5 "$folder/prometheus")"
import json, sys
alerts = [alert for alert in json.load(open(sys.argv[1]))["data"]["alerts"] if alert["state"] == "firing"]
# Until the program was asked, nobody knew the holder: that was a series of its own.
line, = [alert["labels"] for alert in alerts if "held_by" in alert["labels"]]
assert line["function"] == "open_session" and line["line"] == sys.argv[2] and line["held_by"].startswith("sessions"), line
assert any(alert["labels"]["alertname"] == "HeapgateLeak" for alert in alerts), alerts
assert all(alert["labels"]["server"] == "leaks" for alert in alerts), alerts
PYTHON
  for _ in $(seq 300); do
    curl -s "${address}metrics" >"$folder/metrics"
    ! grep -qE '^heapgate_recent_growth_bytes_per_second\{program="serves",.*function="open_session",.*line="'"$line\"" \
      "$folder/metrics" || break
    sleep 0.1
  done
  grep -q '^heapgate_recent_growth.*function="open_session"' "$folder/metrics" || fail "$(grep recent "$folder/metrics")"
  ! curl -s "$(sed -n 's/.*serving at //p' "$folder/healthy")metrics" | grep '^heapgate_recent_growth' || fail "it grows"
  kill -TERM "$healthy"
  wait "$healthy" || fail "the healthy server: $?"
  kill -TERM "$reader"
  stop 1
  ;;

container)
  # heapgate and a server in another root, as in an image; whoever reads has the folder with the socket, and no more.
  { [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; } || { echo "skipped: only root can make another root"; exit 77; }
  build=$(dirname "$heapgate")
  mkdir -p "$folder/root/app/harness" "$folder/root/proc" "$folder/root/dev/shm" "$folder/root/tmp" "$folder/root/shared"
  cp "$heapgate" "$programs/serves" "$folder/root/app"
  cp "$build"/harness/*heapgate*.so "$build/harness/heapgate-runner" "$folder/root/app/harness"
  for library in $(ldd "$heapgate" "$programs/serves" "$build/harness/libheapgate-probe.so" |
    sed -nE "s|^[^:]*[ \t](/[^ :]+) \\(.*|\\1|p" | sort -u); do
    mkdir -p "$folder/root$(dirname "$library")"
    cp -L "$library" "$folder/root$library"
  done
  # shellcheck disable=SC2016 # the inner shell expands it
  unshare -m /bin/sh -c 'mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"' \
    "$folder/root" /app/heapgate exec --serve unix:/shared/socket -- /app/serves clock 1000000 1000 >"$folder/printed" 2>"$folder/said" &
  watched=$!
  for _ in $(seq 600); do
    curl -s --unix-socket "$folder/root/shared/socket" http://localhost/metrics >"$folder/metrics" || true
    ! grep -q 'heapgate_growth_bytes_per_second{.*function="open_session".*class="leak"' "$folder/metrics" || break
    sleep 0.1
  done
  grep -q 'heapgate_growth_bytes_per_second{.*function="open_session".*class="leak"' "$folder/metrics" || fail "$(cat "$folder/metrics")"
  kill -TERM "$watched"
  wait "$watched" || true
  watched=
  ;;

stacks)
  # 65,536 call stacks: as a profile, and in time that a scraper waits for.
  start --serve 127.0.0.1:0 -- "$programs/stacks" 16
  for _ in $(seq 600); do grep -q ready "$folder/printed" && break; sleep 0.1; done
  curl -sf -m 60 -o "$folder/heap" "${address}debug/pprof/heap" || fail "no profile within a minute"
  go tool pprof -raw "$folder/heap" 2>/dev/null >"$folder/raw"
  stacks=$(grep -cE '^ +32 +1 +[0-9]+ +[0-9]+:' "$folder/raw")
  [ "$stacks" -eq 65536 ] || fail "$stacks stacks of one block each"
  curl -sf -m 10 "${address}metrics" | grep -E '^heapgate_process_call_stacks.* (6|7|8|9|1[0-9])[0-9]{4}(\.0)?$' || fail "how many stacks"
  kill -TERM "$watched"; wait "$watched" || true; watched=
  ;;

*)
  echo "exec_serve.sh pprof|promtool|openmetrics|pages|hostile|access|children|ending|snapshots|prometheus|container|stacks HEAPGATE FOLDER"
  exit 2
  ;;
esac
