"""
Programs of the system, bare and under `heapgate exec`: programs.py HEAPGATE [OPTION...] [PROGRAM...]

Prints a row for each program: whether its output and its exit status are the same, the verdict, processor
time and peak memory against the bare run, and the time from the program's end to heapgate's. Processor time is
that of the program, its children and heapgate together; memory is that of the program and its children.
A server gets the same load both times, over the loopback, and is then told to end. A program that is not
installed is skipped with a word. Exits with 1 if a program did not do under heapgate what it does bare, or if a
verdict is neither clean nor inconclusive: nothing is known to be wrong with these programs.
"""
import argparse
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import typing

from programs_list import PROGRAMS, SEARCH

MOST_SECONDS = 240


class Memory(threading.Thread):
    """The most that the processes below one had resident at a time, without heapgate's own, in KiB."""

    def __init__(self, root, own):
        super().__init__()
        self.root, self.own, self.peak, self.done = root, own, 0, threading.Event()
        self.start()

    def below(self, process, depth=0):
        found = [] if process == self.root and self.own else [process]
        try:
            tasks = os.listdir(f"/proc/{process}/task")
            children = [pathlib.Path(f"/proc/{process}/task/{task}/children").read_text() for task in tasks]
        except OSError:
            return found
        for child in " ".join(children).split():
            if depth < 20 and not self.is_own(child):
                found += self.below(int(child), depth + 1)
        return found

    def is_own(self, process):
        try:
            return self.own and os.readlink(f"/proc/{process}/exe") == self.own
        except OSError:
            return False

    def resident(self, process):
        try:
            found = re.search(r"VmHWM:\s*(\d+)", pathlib.Path(f"/proc/{process}/status").read_text())
            return int(found[1]) if found else 0
        except OSError:
            return 0

    def run(self):
        pause = 0.002
        while not self.done.wait(pause):
            self.peak = max(self.peak, sum(self.resident(process) for process in self.below(self.root)))
            pause = min(0.05, pause * 1.2)

    def stop(self):
        self.done.set()
        self.join()


class Done(typing.NamedTuple):
    status: int
    out: bytes
    err: bytes
    processor: float  # seconds
    peak: int  # KiB
    report: float  # seconds from the program's end to heapgate's
    trouble: str


def free_port():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


def script(text, folder, names):
    subprocess.run(["/bin/bash", "-euc", fill(text, names)], cwd=folder, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=MOST_SECONDS)


def fill(text, names):
    for name, value in names.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def wait_for_port(port, process):
    for _ in range(3000):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise OSError("the server ended before it served")
        time.sleep(0.02)
    raise OSError("the server never served")


def child_of(process):
    """The program that heapgate watches: its last child that is not heapgate."""
    try:
        children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
        own = os.readlink(f"/proc/{process}/exe")
        return [int(child) for child in children if os.readlink(f"/proc/{child}/exe") != own][-1]
    except (OSError, IndexError):
        return 0


def follow(process, is_heapgate):
    """Waits for the end of a process. The seconds from the end of its program to that."""
    watched = None
    deadline = time.monotonic() + MOST_SECONDS
    ended = None
    while time.monotonic() < deadline:
        if is_heapgate and watched is None:
            child = child_of(process.pid)
            watched = os.pidfd_open(child) if child else None
        if watched is not None and ended is None and select.select([watched], [], [], 0)[0]:
            ended = time.monotonic()
        found, status, used = os.wait4(process.pid, os.WNOHANG)
        if found:
            if watched is not None:
                os.close(watched)
            process.returncode = os.waitstatus_to_exitcode(status)
            return used.ru_utime + used.ru_stime, time.monotonic() - (ended or time.monotonic())
        time.sleep(0.002)
    raise TimeoutError("it did not end in time")


def serve(program, process, names, folder):
    wait_for_port(names["port"], process)
    if callable(program.load):
        program.load(names["port"])
    else:
        script(program.load, folder, names)
    time.sleep(0.2)
    process.send_signal(program.end)


def run(program, words, names, is_heapgate):
    folder = names["dir"]
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    script(program.before or "true", folder, names)
    environment = {"PATH": SEARCH, "HOME": str(folder), "LC_ALL": "C.UTF-8", "TERM": "xterm",
                   "TMPDIR": "/tmp", **dict(program.environment)}
    switch = ["setpriv", f"--reuid={program.user}", f"--regid={program.user}", "--init-groups"] if program.user else []
    trouble = ""
    used, report = 0, 0
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
        given.write(program.input)
        given.seek(0)
        process = subprocess.Popen(switch + words, cwd=folder, stdin=given, stdout=out, stderr=err, env=environment,
                                   start_new_session=True)
        memory = Memory(process.pid, os.path.realpath(words[0]) if is_heapgate else None)
        try:
            if program.load:
                serve(program, process, names, folder)
            used, report = follow(process, is_heapgate)
        except (OSError, EOFError, subprocess.SubprocessError) as error:
            trouble = str(getattr(error, "stderr", None) or error)
            if process.returncode is None:
                process.kill()
                process.wait()
        finally:
            memory.stop()
        out.seek(0)
        err.seek(0)
        return Done(process.returncode, out.read(), err.read(), used, memory.peak, report, trouble)


def tidy(program, text):
    return re.sub(program.ignore.encode(), b"", text) if program.ignore else text


def status_told(reason):
    found = re.search(r"the program exited with status (\d+)", reason)
    if found:
        return int(found[1])
    found = re.search(r"the program was ended by signal (\d+)", reason)
    return -int(found[1]) if found else None


def tell_verdicts(cells):
    """The program's own verdict, then how often each one came among its children."""
    told = cells[0]["verdict"]
    children = [cell["verdict"] for cell in cells[1:]]
    counts = [f"{children.count(verdict)} {verdict}" for verdict in sorted(set(children))]
    return told + (f"; children: {', '.join(counts)}" if counts else "")


def tell_row(program, bare, done, cells):
    wrong = []
    if done.trouble:
        wrong.append(done.trouble)
    if not cells:
        return wrong + ["no run.json"], ["", "", "", "", "", "", ""]
    same_out = tidy(program, bare.out) == tidy(program, done.out)
    # The last line is heapgate's, the outcome.
    same_err = tidy(program, bare.err) == tidy(program, b"".join(done.err.splitlines(keepends=True)[:-1]))
    status = status_told(cells[0]["reason"])
    if not same_out:
        wrong.append("another output")
    if not same_err:
        wrong.append("another output for errors")
    if status != bare.status:
        wrong.append(f"status {status}, bare {bare.status}")
    wrong += [f"{cell['workload']} is called {cell['verdict']}" for cell in cells
              if cell["verdict"] not in ("clean", "inconclusive")]
    last = max(cells, key=lambda cell: cell.get("coverage", {}).get("resident_bytes", 0)).get("coverage")
    share = last["counted_bytes"] / last["resident_bytes"] if last and last["resident_bytes"] else 0
    counted = f"{100 * min(share, 1):.0f} %"
    return wrong, ["same" if same_out and same_err else "**differs**",
                   f"{status}" if status == bare.status else f"**{status}**, bare {bare.status}",
                   tell_verdicts(cells), counted,
                   f"{done.processor / bare.processor:.2f}" if bare.processor >= 0.05 else "",
                   f"{done.peak / bare.peak:.2f}" if bare.peak else "", f"{max(done.report, 0):.2f} s"]


def is_there(program):
    return all(shutil.which(word, path=SEARCH) for word in program.needs)


def prepare_and_run(program, options, scratch):
    names = {"dir": scratch / "run", "kept": scratch / f"kept-{program.name}", "port": free_port()}
    names["kept"].mkdir()
    names["kept"].chmod(0o777)
    script(program.prepare or "true", names["kept"], names)
    words = [fill(word, names) for word in program.words]
    words[0] = shutil.which(words[0], path=SEARCH)
    bare = run(program, words, names, False)
    names["port"] = names["port"] if not program.load else free_port()
    words = [words[0]] + [fill(word, names) for word in program.words[1:]]
    script(program.prepare_again, names["kept"], names)
    results = scratch / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    results.chmod(0o777)
    heapgate = [options.heapgate, "exec", "-q", "--allocator", options.allocator, "--out", str(results),
                "--exit-status", str(max(bare.status, 0)), *program.options, "--", *words]
    done = run(program, heapgate, names, True)
    try:
        cells = json.loads((results / "run.json").read_text())["cells"]
    except (OSError, ValueError):
        cells = []
    if options.keep:
        kept = pathlib.Path(options.keep) / program.name
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(results, kept)
        for name, text in ("bare.out", bare.out), ("bare.err", bare.err), ("out", done.out), ("err", done.err):
            (kept / name).write_bytes(text)
        (kept / "words").write_text("\n".join(heapgate))
    wrong, row = tell_row(program, bare, done, cells)
    if bare.trouble:
        wrong.append(f"bare: {bare.trouble}")
    return wrong, row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("heapgate")
    parser.add_argument("--allocator", default="glibc")
    parser.add_argument("--keep", help="keep reports and outputs below this folder")
    parser.add_argument("programs", nargs="*")
    options = parser.parse_intermixed_args()
    failed, skipped, rows = [], [], 0
    print("| program | output | status | verdict | counted | processor time | memory | time to report |")
    print("|---|---|---|---|---|---|---|---|")
    for program in PROGRAMS:
        if options.programs and program.name not in options.programs:
            continue
        if not is_there(program):
            skipped.append(program.name)
            continue
        with tempfile.TemporaryDirectory(prefix="programs-", ignore_cleanup_errors=True) as scratch:
            os.chmod(scratch, 0o755)
            try:
                wrong, row = prepare_and_run(program, options, pathlib.Path(scratch))
            except subprocess.CalledProcessError as error:
                wrong, row = [f"its preparation failed: {error.stderr.decode(errors='replace').strip()}"], [""] * 7
        rows += 1
        print(f"| {program.name} | {' | '.join(row)} |", flush=True)
        failed += [f"{program.name}: {what}" for what in wrong]
        for what in wrong:
            print(f"programs: {program.name}: {what}", file=sys.stderr, flush=True)
    if skipped:
        print(f"programs: not installed: {', '.join(skipped)}", file=sys.stderr)
    return 1 if failed or rows == 0 else 0


sys.exit(main())
