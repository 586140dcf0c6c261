#!/usr/bin/env bash
# What a soak serves while it runs, asked for by the programs it is for, and by hostile ones:
# soak_serve.sh promtool|openmetrics|curves|profiles|hostile HEAPGATE PLUGIN. Exit code 77 where the reader is not installed.
set -euo pipefail
mode=$1
heapgate=$2
python=/usr/bin/python3

case $mode in
promtool) command -v promtool >/dev/null || { echo "skipped: prometheus is not installed"; exit 77; } ;;
openmetrics) "$python" -c 'import prometheus_client' 2>/dev/null ||
  { echo "skipped: python3-prometheus-client is not installed"; exit 77; } ;;
esac

# Between samples the driver sleeps: what clients send has to wake it.
every=20ms
[ "$mode" != hostile ] || every=1s

folder=$(mktemp -d)
soak=
trap '[ -z "$soak" ] || kill -KILL "$soak" 2>/dev/null || true; rm -rf "$folder"' EXIT
: >"$folder/said" # read before the soak may have made it
HEAPGATE_TEST_CASE=none "$heapgate" soak "$3" --for 2m --rate 3600000 --sample-every "$every" --out "$folder/out" \
  --serve 127.0.0.1:0 2>"$folder/said" &
soak=$!
for _ in $(seq 600); do
  address=$(sed -n 's/.*curves at \(http[^,]*\),.*/\1/p' "$folder/said")
  [ -z "$address" ] || break
  sleep 0.05
done
[ -n "$address" ] || { cat "$folder/said"; echo "it does not say where it serves"; exit 1; }

cat >"$folder/ask.py" <<'PYTHON'
import gzip, http.client, json, socket, sys, time, urllib.parse
where = urllib.parse.urlparse(sys.argv[2])

def get(path, method="GET", **headers):
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, body

def wait_for(condition, what):
    for _ in range(600):
        status, _, body = get("/curves")
        curves = json.loads(body)
        if condition(curves):
            return curves
        time.sleep(0.05)
    raise SystemExit(f"{what}: not within 30 s")

def raw(data, read=True):
    connection = socket.create_connection((where.hostname, where.port), timeout=60)
    connection.sendall(data)
    answer = connection.recv(4096) if read else b""
    connection.close()
    return answer

def metrics(accepted=None, given="application/openmetrics-text"):
    wait_for(lambda curves: curves["verdict"] == "clean", "a verdict")
    status, headers, body = get("/metrics", **({"Accept": accepted} if accepted else {}))
    assert status == 200 and headers["Content-Type"].startswith(given), headers
    sys.stdout.write(body)

def plain():
    metrics("*/*", "text/plain; version=0.0.4")

def profiles():
    wait_for(lambda curves: curves["verdict"] == "clean", "a verdict")
    for path in "/debug/pprof/heap", "/debug/pprof/allocs", "/debug/pprof/growth?seconds=1":
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        connection.request("GET", path)
        profile = gzip.decompress(connection.getresponse().read())
        assert b"alloc_objects" in profile and b"free_block" in profile, (path, profile)
    assert json.loads(get("/verdict")[2])["outcome"] == "pass"
    assert get("/report.html")[2].startswith("<!doctype html")

def curves():
    seen = wait_for(lambda curves: curves["verdict"] == "clean" and len(curves["samples"]) > 20, "samples")
    times = [sample[0] for sample in seen["samples"]]
    assert times == sorted(times), times
    assert seen["workload"] == "growth" and seen["planned_seconds"] == 120, seen
    status, headers, page = get("/")
    assert status == 200 and "<script>" in page and "http" not in page.replace("http://www.w3.org/2000/svg", ""), page
    assert "default-src 'none'" in headers["Content-Security-Policy"], headers
    assert get("/", "HEAD")[2] == ""

def hostile():
    before = wait_for(lambda curves: curves["verdict"] == "clean", "a verdict")
    assert get("/nothing")[0] == 404
    assert get("/../../etc/passwd")[0] == 404
    assert get("/", "POST")[0] == 405
    assert get("/", "DELETE")[0] == 405
    assert get("/", Host="evil.example")[0] == 421
    assert get("/", Host="localhost")[0] == 200
    assert get("/", Host="127.0.0.2:80")[0] == 200
    assert get("/", Host="127.0.0.1.evil.example")[0] == 421
    assert get("/", Host="10.0.0.1")[0] == 421
    assert b" 4" in raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200000 + b"\r\n\r\n")[:16]
    assert b" 4" in raw(b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")[:16]
    # A request that arrives in many parts is read as it comes, not one part between two samples.
    begun = json.loads(get("/curves")[2])["samples"][-1][0]
    assert get("/", X="a" * 14000)[0] == 200
    assert json.loads(get("/curves")[2])["samples"][-1][0] < begun + 10000, "heapgate slept over a request"
    raw(b"\x16\x03\x01" + bytes(range(256)) * 20, read=False)
    raw(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 100000, read=False)
    # Clients that say nothing, or half of it, and many of them; then they are gone.
    silent = []
    for i in range(60):
        try:
            silent.append(socket.create_connection((where.hostname, where.port), timeout=0.02))
            silent[-1].sendall(b"GET / HT")
        except OSError:
            pass
    time.sleep(0.5)
    for connection in silent:
        connection.close()
    after = wait_for(lambda curves: curves["samples"][-1][1] > before["samples"][-1][1] + 1000, "more ops")
    assert not after["over"] and after["samples"][-1][0] > before["samples"][-1][0]

globals()[sys.argv[1]]()
PYTHON

case $mode in
promtool)
  "$python" "$folder/ask.py" plain "$address" >"$folder/metrics"
  promtool check metrics <"$folder/metrics" 2>&1
  ;;
openmetrics)
  "$python" "$folder/ask.py" metrics "$address" >"$folder/metrics"
  "$python" - "$folder/metrics" <<'PYTHON'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(open(sys.argv[1]).read()))
values = {sample.name: sample.value for family in families for sample in family.samples}
assert all(family.documentation for family in families), "a family without help"
assert len(values) == len(families) > 20, len(values)
assert values["heapgate_met"] == 1, values
assert values["heapgate_soak_ops_total"] > 0, values
assert values["heapgate_soak_alerts_total"] == 0, values
assert values["heapgate_soak_resident_bytes"] > 0, values
PYTHON
  ;;
curves | hostile | profiles)
  "$python" "$folder/ask.py" "$mode" "$address"
  ;;
*)
  echo "soak_serve.sh promtool|openmetrics|curves|profiles|hostile HEAPGATE PLUGIN"
  exit 2
  ;;
esac

# Whatever was asked of it, it ends as it should.
kill -TERM "$soak"
code=0
wait "$soak" || code=$?
soak=
[ "$code" -eq 0 ] || { cat "$folder/said"; echo "the soak ended with $code"; exit 1; }
