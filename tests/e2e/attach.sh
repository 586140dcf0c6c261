#!/usr/bin/env bash
# heapgate attach on programs with a dormant probe: attach.sh MODE HEAPGATE FOLDER_OF_PROGRAMS WAKES PROBE. WAKES wakes and
# sleeps; HEAPGATE_WAKES says how often (200).
set -euo pipefail
mode=$1
heapgate=$2
programs=$3
wakes=$4
probe=$5
python=/usr/bin/python3
here=$(grep -n 'here: kept' "$(dirname "$0")/programs/turns.c" | cut -d: -f1)
folder=$(mktemp -d)
server=
attached=
trap 'for process in $server $attached; do kill -KILL "$process" 2>/dev/null || true; done; rm -rf "$folder"' EXIT
export HEAPGATE_TEST_CASE=none

fail() {
  cat "$folder/said" 2>/dev/null || true
  echo "$*"
  exit 1
}

# start WORD...: sets server
start() {
  LD_PRELOAD=$probe HEAPGATE=dormant "$@" >"$folder/printed" 2>"$folder/errors" &
  server=$!
  for _ in $(seq 600); do
    ls -l "/proc/$server/fd" 2>/dev/null | grep -q heapgate-dormant && return 0
    sleep 0.05
  done
  fail "the program has no page: $(cat "$folder/errors")"
}

# runs on: it has not crashed, and no block was lost
runs_on() {
  [ ! -s "$folder/errors" ] || fail "the program says: $(cat "$folder/errors")"
  kill -0 "$server" 2>/dev/null || fail "the program has ended"
}

# attach WANTED OPTIONS... PID
attach() {
  local wanted=$1 code=0
  shift
  "$heapgate" attach "$@" >"$folder/said" 2>&1 || code=$?
  [ "$code" -eq "$wanted" ] || fail "heapgate attach $* ended with $code, not $wanted"
}

says() {
  grep -qE "$1" "$folder/said" || fail "it does not say '$1'"
}

# page PID OFFSET [VALUE]: a word of the page of the process, read or written (record/dormant_page.h)
page() {
  "$python" - "$@" <<'PYTHON'
import os, struct, sys
folder = f"/proc/{sys.argv[1]}/fd"
for name in os.listdir(folder):
    path = f"{folder}/{name}"
    try:
        if not os.readlink(path).startswith("/memfd:heapgate-dormant"):
            continue
    except FileNotFoundError:  # a connection that was closed meanwhile
        continue
    with open(path, "r+b", buffering=0) as file:
        file.seek(int(sys.argv[2]))
        if len(sys.argv) > 3:
            file.write(struct.pack("I", int(sys.argv[3])))
        else:
            print(struct.unpack("I", file.read(4))[0])
PYTHON
}

# The heapgate in the background.
ended_with() {
  local code=0
  wait "$attached" || code=$?
  attached=
  [ "$code" -eq "$1" ] || fail "heapgate attach ended with $code, not $1"
}

sleeps() {
  for _ in $(seq 200); do
    [ "$(page "$server" 24)" -ne 1 ] || return 0
    sleep 0.05
  done
  fail "the probe is still awake"
}

case $mode in
leak)
  start "$programs/turns" 2 leak
  for round in first second; do
    attach 1 --for 6s --round-every 20ms --out "$folder/$round" "$server"
    says "keep_one  .*turns.c:$here"
    says 'detached; the program runs on'
    sleeps
  done
  runs_on
  ;;
clean)
  start "$programs/serves" clean 1000000 500
  attach 0 --for 6s --round-every 20ms "$server"
  sleeps
  attach 0 --round-bytes 64K --rounds-max 60 "$server"
  says 'detached; the program runs on'
  runs_on
  ;;
renewed)
  # What stays takes the place of blocks from before, which nobody counted.
  start "$programs/turns" 0 renew
  attach 3 --for 5s --round-every 20ms "$server"
  says 'blocks from before heapgate was attached were freed meanwhile'
  runs_on
  ;;
wakes)
  start "$programs/turns" 4 leak
  "$wakes" "$server" "${HEAPGATE_WAKES:-200}" || fail "it does not wake and sleep; the program: $(cat "$folder/errors")"
  runs_on
  # Of each time, what it counted is gone, and what it opened is closed.
  [ "$(ls "/proc/$server/fd" | wc -l)" -le 8 ] || fail "it has many descriptors: $(ls -l "/proc/$server/fd")"
  ;;
requests)
  # While the probe of a server with many threads wakes and sleeps, and whoever is attached is killed now and then, every
  # request is answered.
  start "$programs/answers"
  until [ -s "$folder/printed" ]; do sleep 0.05; done
  "$python" "$(dirname "$0")/../bench/asks.py" http "$(cat "$folder/printed")" 4 600 >"$folder/asked" 2>&1 &
  attached=$!
  "$wakes" "$server" "${HEAPGATE_WAKES:-50}" || fail "it does not wake and sleep; the program: $(cat "$folder/errors")"
  for _ in $(seq "${HEAPGATE_KILLS:-3}"); do
    before=$(page "$server" 28)
    "$heapgate" attach --serve "unix:$folder/socket" "$server" >"$folder/said" 2>&1 &
    killed=$!
    for _ in $(seq 400); do
      [ "$(page "$server" 28)" -eq "$before" ] || break
      kill -0 "$killed" 2>/dev/null || fail "it does not attach"
      sleep 0.05
    done
    kill -KILL "$killed"
    wait "$killed" || true
    sleeps
    # The guard that put it to sleep may still hold its lock.
    for _ in $(seq 100); do ! "$heapgate" detach "$server" 2>/dev/null || break; sleep 0.05; done
  done
  kill -TERM "$attached"
  wait "$attached" || fail "requests were lost: $(cat "$folder/asked")"
  attached=
  cat "$folder/asked"
  runs_on
  ;;
killed)
  start "$programs/turns" 2 leak
  "$heapgate" attach --serve 127.0.0.1:0 "$server" >"$folder/said" 2>&1 &
  attached=$!
  for _ in $(seq 200); do
    [ "$(page "$server" 28)" -ne 1 ] || break
    sleep 0.05
  done
  attach 2 "$server"
  says 'another heapgate is attached'
  kill -KILL "$attached"
  wait "$attached" || true
  attached=
  sleeps
  runs_on
  # The guard that put it to sleep may still hold its lock.
  for _ in $(seq 100); do
    "$heapgate" detach "$server" 2>/dev/null && break
    sleep 0.05
  done
  attach 1 --for 6s --round-every 20ms "$server"
  says "keep_one  .*turns.c:$here"
  runs_on
  ;;
detach)
  start "$programs/turns" 1 leak
  "$heapgate" attach --serve "unix:$folder/socket" "$server" >"$folder/said" 2>&1 &
  attached=$!
  for _ in $(seq 300); do
    curl -s --unix-socket "$folder/socket" http://localhost/metrics >"$folder/metrics" 2>/dev/null &&
      grep -q '^heapgate_live_bytes' "$folder/metrics" && break
    sleep 0.1
  done
  grep -q '^heapgate_live_bytes' "$folder/metrics" || fail "it does not serve: $(cat "$folder/metrics")"
  "$heapgate" detach "$server" || fail "detach failed"
  wait "$attached" || true
  attached=
  says 'detached; the program runs on'
  sleeps
  runs_on
  ;;
forked)
  start "$programs/turns" 1 leak fork
  child=$(head -1 "$folder/printed")
  attach 1 --for 6s --round-every 20ms "$child"
  says "keep_one  .*turns.c:$here"
  [ "$(page "$server" 28)" -eq 0 ] || fail "its parent has been woken, too"
  attach 1 --for 6s --round-every 20ms "$server"
  says "keep_one  .*turns.c:$here"
  runs_on
  ;;
replaced)
  # A program that is another one by the end: the new one sleeps.
  start sh -c 'for i in $(seq 40); do :; sleep 0.1; done; exec "$0" 1 clean' "$programs/turns"
  "$heapgate" attach "$server" >"$folder/said" 2>&1 || true
  says 'replaced itself'
  "$heapgate" attach --for 100ms "$server" >"$folder/said" 2>&1 || true
  says 'the program runs on'
  sleeps
  runs_on
  ;;
ended)
  # Killed: only its parent learns how. What was seen counts.
  start "$programs/turns" 1 leak
  "$heapgate" attach --round-every 20ms "$server" >"$folder/said" 2>&1 &
  attached=$!
  for _ in $(seq 600); do [ "$(page "$server" 28)" -ne 1 ] || break; sleep 0.05; done
  sleep 6
  kill -KILL "$server"
  ended_with 1
  says "process $server has ended, without a call of exit: it may have crashed or been killed"
  says "keep_one  .*turns.c:$here"
  ! grep -q 'replaced itself\|runs on' "$folder/said" || fail "it says what was not so"
  start "$python" -c 'import time
for i in range(4000): bytes(1000); time.sleep(0.001)'
  "$heapgate" attach --round-every 20ms "$server" >"$folder/said" 2>&1 || true
  says "process $server has ended"
  ! grep -q 'without a call of exit' "$folder/said" || fail "it exited"
  # Before it allocated anything; and before anybody attached, while its parent does not wait for it.
  start sleep 3
  "$heapgate" attach "$server" >"$folder/said" 2>&1 || true
  says "process $server has ended"
  (sleep 0 & echo $! >"$folder/zombie"; exec sleep 60) &
  server=$!
  for _ in $(seq 200); do ! grep -q '^State:.Z' "/proc/$(cat "$folder/zombie")/status" 2>/dev/null || break; sleep 0.05; done
  attach 2 "$(cat "$folder/zombie")"
  says 'it has ended'
  ;;
refused)
  attach 2 $$
  says 'was started without the probe; start it with'
  attach 2 4194305
  says 'there is no such process'
  attach 2
  says 'needs the number of a process'
  attach 2 --children 1
  says 'attach has no --children: each child'
  attach 2 --holders auto 1
  says 'attach has no --holders: .* from the program.s start'
  attach 2 --verify 1
  says 'attach has no --verify'
  attach 2 --marks 1
  says 'need a program that heapgate has started'
  start sleep 60
  page "$server" 8 77
  attach 2 "$server"
  says 'of another version of heapgate'
  page "$server" 8 1
  if [ "$(id -u)" -eq 0 ]; then
    mkdir "$folder/harness"
    cp "$heapgate" "$folder"
    cp "$(dirname "$heapgate")"/harness/*heapgate* "$(dirname "$heapgate")/harness"/heapgate* "$folder/harness" 2>/dev/null || true
    chmod -R go+rX "$folder"
    code=0
    (cd / && setpriv --reuid 65534 --regid 65534 --clear-groups "$folder/heapgate" attach "$server") >"$folder/said" 2>&1 || code=$?
    [ "$code" -eq 2 ] || fail "another user's heapgate ended with $code"
    says 'belongs to another user'
  fi
  # A program that allocates nothing is waited for, and left alone.
  "$heapgate" attach "$server" >"$folder/said" 2>&1 &
  attached=$!
  sleep 1
  kill -INT "$attached"
  ended_with 130
  sleeps
  runs_on
  ;;
container)
  # Another root, as that of a container that shares its processes: its modules are read there.
  [ "$(id -u)" -eq 0 ] || { echo "skipped: only root can make another root"; exit 77; }
  mkdir -p "$folder/root/app" "$folder/root/proc"
  cp "$programs/turns" "$probe" "$folder/root/app"
  for library in $(ldd "$programs/turns" "$probe" | sed -nE "s|^[^:]*[ \t](/[^ :]+) \(.*|\1|p" | sort -u); do
    mkdir -p "$folder/root$(dirname "$library")"
    cp -L "$library" "$folder/root$library"
  done
  probe=/app/$(basename "$probe")
  mkdir -p "$folder/root/usr/bin"
  cp /usr/bin/env "$folder/root/usr/bin"
  LD_PRELOAD='' HEAPGATE='' chroot "$folder/root" /usr/bin/env LD_PRELOAD="$probe" HEAPGATE=dormant /app/turns 1 leak \
    >"$folder/printed" 2>"$folder/errors" &
  server=$!
  for _ in $(seq 200); do ! ls -l "/proc/$server/fd" 2>/dev/null | grep -q heapgate-dormant || break; sleep 0.05; done
  attach 1 --for 6s --round-every 20ms --sysroot "/proc/$server/root" "$server"
  says "keep_one  .*turns.c:$here"
  says '^ *turns '
  sleeps
  runs_on
  ;;
sandboxed)
  # It waits for a reader of its output, with system calls given up.
  start "$python" -c '
import fcntl, os, sys
reader, writer = os.pipe()
fcntl.fcntl(writer, 1031, 4096) # F_SETPIPE_SZ
os.write(writer, b"x" * 4096)
os.dup2(writer, 1)
os.set_inheritable(reader, True)
os.execv(sys.argv[1], sys.argv[1:])' "$programs/sandboxed" plain
  for _ in $(seq 200); do
    ! grep -q '^Seccomp:.*2' "/proc/$server/status" || break
    sleep 0.05
  done
  attach 2 "$server"
  says 'given up system calls \(seccomp\)'
  sleeps
  runs_on
  ;;
*)
  fail "no such mode: $mode"
  ;;
esac
