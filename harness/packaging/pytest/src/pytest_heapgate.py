"""Leak tests in pytest: @pytest.mark.heapgate(ops=2400, max_bytes_per_op=0, allocator=None) on a test function.

The body of the test is one op. The test starts pytest again, with this one test, as

    PYTHONMALLOC=malloc heapgate exec --marks -- python -m pytest FILE::TEST

In that process the body is called `ops` times, in 24 rounds, and each round ends with a mark. The test fails with
heapgate's report unless the verdict is clean and all ops have ended. Its fixtures are made once, around all ops. What
caplog, capsys, capfd, recwarn and monkeypatch remember is dropped after each op, and cyclic garbage before each mark.

After the last op, some more run under tracemalloc, and the lines whose Python objects grew are named.

That process gets the file of settings, the plug-ins (-p) and the settings (-o) of this one, but not `addopts` and other
options: the setting `heapgate_args` names those that your tests need.
"""
import ctypes
import gc
import inspect
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
import unittest

import pytest

DEFAULT_OPS = 2400
ROUNDS = 24  # few, because a mark reads the counters of every call path, and Python has very many
FEWEST_OPEN = 8  # descriptors or threads, to call them a leak
REPORT_BYTES = 8192
# What the measured process says on lines of its own.
ALL_ENDED = "heapgate: all ops ended: "
CUT_SHORT = "heapgate: the test ended in op "
OPEN_ROSE = "heapgate: open files and threads rose: "
SKIPS = "heapgate: the test skips itself: "
OBJECTS = "heapgate: Python objects left behind: "
MEANINGS = {
    2: "heapgate could not measure it",
    3: "inconclusive: give it more ops",
    4: "the op failed, crashed or ended the process",
    5: "heapgate failed its own control",
}
# Fixtures that remember what a test did, and what makes them forget it.
FORGET = {"caplog": "clear", "capfd": "readouterr", "capsys": "readouterr", "monkeypatch": "undo", "recwarn": "clear"}


def pytest_addoption(parser):
    parser.addini("heapgate_args", "options of pytest for the process that heapgate measures", type="args", default=[])


def pytest_configure(config):
    config.addinivalue_line("markers", "heapgate(ops=2400, max_bytes_per_op=0, allocator=None): run the test as ops "
                                       "under heapgate; it fails if memory grows from op to op")


class Options:
    def __init__(self, ops=DEFAULT_OPS, max_bytes_per_op=0, allocator=None):
        if int(ops) < ROUNDS:
            raise ValueError(f"ops must be {ROUNDS} or more")
        self.round_ops = int(ops) // ROUNDS
        self.max_bytes_per_op, self.allocator = float(max_bytes_per_op), allocator


def find_options(item):
    mark = item.get_closest_marker("heapgate")
    if mark is None:
        return None
    try:
        return Options(*mark.args, **mark.kwargs)
    except (TypeError, ValueError) as error:
        says = str(error).replace("Options.__init__() ", "")
    pytest.fail(f"@pytest.mark.heapgate: {says}", pytrace=False)


def pytest_runtest_setup(item):
    if item.get_closest_marker("heapgate") and item.cls and issubclass(item.cls, unittest.TestCase):
        pytest.fail("@pytest.mark.heapgate works on functions and classes of pytest, not on unittest.TestCase",
                    pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    options = find_options(pyfuncitem)
    if options is None:
        return None
    if os.environ.get("HEAPGATE_MARKS"):
        run_ops(pyfuncitem, options.round_ops)
    else:
        measure(pyfuncitem, options)
    return True


# In the measured process.

def find_mark():
    try:
        mark = ctypes.CDLL(None).heapgate_probe_mark
    except AttributeError:
        pytest.fail("heapgate: the probe is not in this process although HEAPGATE_MARKS is set", pytrace=False)
    mark.argtypes, mark.restype = [], None
    return mark


def call_op(item):
    names = inspect.signature(item.obj).parameters
    result = item.obj(**{name: item.funcargs[name] for name in item._fixtureinfo.argnames if name in names})
    if inspect.isawaitable(result):
        result.close()
        pytest.fail("@pytest.mark.heapgate does not work on a coroutine: run its event loop in the test", pytrace=False)
    for name, method in FORGET.items():
        if name in item.funcargs:
            getattr(item.funcargs[name], method)()


def count_open():
    """The lowest descriptor that is free, and the number of threads: their sum rises where ops leave them behind."""
    descriptor = os.dup(2)
    os.close(descriptor)
    return descriptor + os.stat("/proc/self/task").st_nlink


def say(text):
    sys.stdout.flush()
    os.write(2, f"\n{text}\n".encode(errors="replace"))


def run_ops(item, round_ops):
    mark, ops = find_mark(), ROUNDS * round_ops
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # which would hide a leak of descriptors
    gc.collect()
    gc.freeze()  # a collection looks at what the ops made, and not at all of pytest
    opened = [count_open()]
    for number in range(1, ops + 1):
        try:
            call_op(item)
        except pytest.skip.Exception as skipped:
            say(SKIPS + str(skipped.msg))
            raise
        except BaseException as error:
            lines = str(error).splitlines() or [""]
            say(f"{CUT_SHORT}{number} of {ops}: {type(error).__name__}: {lines[0]}")
            raise
        if number % round_ops == 0:
            gc.collect()
            mark()
            opened.append(count_open())
            if opened[-1] > opened[-2]:
                time.sleep(0.04)  # heapgate counts them from outside, between two ops
    say_if_open(opened)
    trace_objects(item, min(max(ops // 10, 20), 200))
    say(f"{ALL_ENDED}{ops}")


def say_if_open(opened):
    """A machine under load may have missed them."""
    quarter, half, end = opened[len(opened) // 4], opened[len(opened) // 2], opened[-1]
    if end > half > quarter and end >= quarter + FEWEST_OPEN:
        say(f"{OPEN_ROSE}{quarter} after a quarter of the ops, {half} after half, {end} at the end")


def trace_objects(item, ops):
    """Says which lines made Python objects in some more ops that are there afterwards, in each of these ops."""
    tracemalloc.start(1)
    try:
        call_op(item)
        gc.collect()
        begin = tracemalloc.take_snapshot()
        for _ in range(ops):
            call_op(item)
        gc.collect()
        end = tracemalloc.take_snapshot()
    except BaseException:  # what only these ops do is not what was measured
        return
    finally:
        tracemalloc.stop()
    own = [tracemalloc.Filter(False, name) for name in (__file__, tracemalloc.__file__, "*/_pytest/*")]
    lines = end.filter_traces(own).compare_to(begin.filter_traces(own), "lineno")
    for line in [line for line in lines if line.count_diff >= ops * 0.9 or line.size_diff >= ops * 8][:5]:
        at = line.traceback[0]
        say(f"{OBJECTS}{line.size_diff / ops:.3g} B per op at {os.path.relpath(at.filename)}:{at.lineno}")


# In the process that the user started.

def make_command(item, options, folder):
    config = item.config
    words = [os.environ.get("HEAPGATE") or "heapgate", "exec", "--marks", "--out", folder]
    if options.max_bytes_per_op > 0:
        words += ["--max-bytes-per-op", f"{options.max_bytes_per_op * options.round_ops:.9g}"]
    if options.allocator:
        words += ["--allocator", options.allocator]
    words += ["--", sys.executable, "-m", "pytest", f"{config.rootpath}/{item.nodeid}", "-q", "-s"]
    words += [f"--rootdir={config.rootpath}", f"--import-mode={config.getoption('importmode')}"]
    if config.inipath:
        words += ["-c", str(config.inipath)]
    loaded = [name for name in config.option.plugins or [] if name != "pytest_heapgate"]
    unwanted = ["no:cacheprovider", "no:warnings", "no:xdist"] + ([] if "caplog" in item.fixturenames else ["no:logging"])
    for name in ["pytest_heapgate"] + loaded + unwanted:
        words += ["-p", name]
    for setting in [*(config.option.override_ini or []), "addopts="]:
        words += ["-o", setting]
    return words + config.getini("heapgate_args")


def make_environment():
    unwanted = ("PYTEST_XDIST_", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    environment["PYTHONMALLOC"] = "malloc"
    return environment


def find_line(text, begin):
    """What follows the beginning of a line; None if there is no such line."""
    for line in text.splitlines():
        if line.startswith(begin):
            return line[len(begin):]
    return None


def find_culprit(folder, text, round_ops):
    """": 32 B per op at function file:line", or "" where the run has no cell that grows."""
    try:
        with open(f"{folder}/run.json", encoding="utf-8") as file:
            cell = json.load(file)["cells"][0]
    except (OSError, ValueError, LookupError):
        return ""
    objects = find_line(text, OBJECTS)
    if objects:
        return f": Python objects, {objects}"
    for site in cell["sites"]:
        if site["class"] == "leak":
            named = [frame for frame in site["frames"] if frame["file"]] or site["frames"] or [{}]
            frame = named[0]
            place = f" {os.path.basename(frame['file'])}:{frame['line']}" if frame.get("file") else ""
            return f": {site['bytes_per_op'] / round_ops:.3g} B per op at {frame.get('function') or '?'}{place}"
    return ""


def say_meaning(code, folder, text, round_ops):
    """None if the test passes, or the line that says why not."""
    ended, cut_short, rose = (find_line(text, begin) for begin in (ALL_ENDED, CUT_SHORT, OPEN_ROSE))
    if code == 0 and find_line(text, "heapgate: the program ") is None:
        return "this is not heapgate: it measured nothing"
    if cut_short:
        return f"the op failed in op {cut_short}"
    if code in (0, 3) and not ended:
        return "the test did not run to its end in the measured process"
    if code == 0:
        return f"a leak of open files or threads: {rose}" if rose else None
    if code == 1:
        return f"a leak{find_culprit(folder, text, round_ops)} (a mark is {round_ops} ops)"
    return MEANINGS.get(code, "heapgate did not finish")


def measure(item, options):
    with tempfile.TemporaryDirectory(prefix="heapgate-") as folder, tempfile.TemporaryFile() as output:
        command = make_command(item, options, folder)
        try:
            code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                  env=make_environment(), check=False).returncode
        except OSError as error:
            pytest.fail(f"heapgate: program '{command[0]}' not found ({error.strerror}): set HEAPGATE=/path/to/heapgate, "
                        "or add heapgate to the PATH", pytrace=False)
        output.seek(0)
        text = output.read().decode(errors="replace")
        skips = find_line(text, SKIPS)
        if skips is not None:
            pytest.skip(skips)
        says = say_meaning(code, folder, text, options.round_ops)
    if says:
        report = text[-REPORT_BYTES:].replace(f" --out {folder}", "").replace("again: ", "again: PYTHONMALLOC=malloc ")
        pytest.fail(f"{command[0]}: {says}\n{report}", pytrace=False)
