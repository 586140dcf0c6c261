#!/usr/bin/env bash
# memory of heapgate exec --serve over the rounds of a week, of a program with 131,072 call stacks that hold memory: week.sh BUILD [STACKS_BITS]
set -euo pipefail
exec /usr/bin/python3 - "$(realpath "$1")" "${2:-17}" <<'PYTHON'
import os, re, subprocess, sys, tempfile, time, urllib.request
build, bits = sys.argv[1], sys.argv[2]
WEEK, ROUND = 7 * 86400 * 100, 65536 # rounds of 10 ms; each is played by so many bytes that the program allocates
said = tempfile.TemporaryFile("w+")
heapgate = subprocess.Popen([f"{build}/heapgate", "exec", "-q", "--serve", "127.0.0.1:0", "--round-bytes", "64K", "--",
                             f"{build}/tests/programs/stacks", bits, str(ROUND)], stdout=subprocess.DEVNULL, stderr=said)

def resident(process):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{process}/status").read())[1]) / 1024

def children():
    return [int(child) for child in open(f"/proc/{heapgate.pid}/task/{heapgate.pid}/children").read().split()]

def name(process):
    return os.path.basename(os.readlink(f"/proc/{process}/exe"))

def record(process):
    for entry in os.listdir(f"/proc/{process}/fd"):
        path = f"/proc/{process}/fd/{entry}"
        if "heapgate-record" in os.readlink(path):
            return os.stat(path).st_blocks / 2048
    return 0

def metric(text, wanted):
    return float(re.search(rf"^{wanted}\{{[^}}]*\}} (\S+)", text, re.M)[1])

try:
    address = None
    while not address:
        time.sleep(0.1)
        said.seek(0)
        address = re.search(r"serving at (\S+)", said.read())
    print(f"{'rounds':>12} {'of a week':>10} {'seconds':>8} {'stacks':>8} {'heapgate':>10} {'its server':>11} {'its record':>11}")
    begun, shares = time.monotonic(), [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1]
    while shares:
        time.sleep(1)
        text = urllib.request.urlopen(urllib.request.Request(address[1] + "metrics", headers={"Accept": "*/*"}), timeout=300).read().decode()
        rounds = metric(text, "heapgate_process_allocated_bytes_total") / ROUND
        if rounds < shares[0] * WEEK:
            continue
        while shares and rounds >= shares[0] * WEEK:
            shares.pop(0)
        server = [child for child in children() if name(child) == "heapgate"]
        print(f"{rounds:12.0f} {rounds / WEEK:10.3f} {time.monotonic() - begun:8.0f} {metric(text, 'heapgate_process_call_stacks'):8.0f} "
              f"{resident(heapgate.pid):6.0f} MiB {max(map(resident, server), default=0):7.0f} MiB {record(heapgate.pid):7.0f} MiB", flush=True)
finally:
    heapgate.terminate()
    heapgate.wait()
PYTHON
