#!/usr/bin/env python3
"""heapgate torture finds each mistake on an error path of libtoka: error_paths.py SOURCE_FOLDER BUILD_FOLDER [MUTANT...].

A row of error_paths.tsv says in which workload a mutant is found, with which outcome ("*": any that is a finding), in which
function, and what its line of source has. Without a mistake, nothing may be found where the mutant is.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

FEWEST = 20
OPS = 60
LIMIT = "1s"


def torture(build, workload, subject):
    with tempfile.TemporaryDirectory(dir=f"{build}/tests") as folder:
        command = [f"{build}/heapgate", "torture", workload, "-c", f"{build}/tests/mutants/error_paths.yaml", "--subject", subject,
                   "--only", "libtoka", "--ops", str(OPS), "--limit", LIMIT, "--mode", "once", "--out", folder, "-q"]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        if result.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)}: {result.returncode}\n{result.stdout}")
        return json.loads(pathlib.Path(folder, "run.json").read_text())["torture"]["faults"], " ".join(command)


def source_line(source, build, mutant, frame):
    """The line of the patched file, or of the file that was not patched."""
    name = pathlib.Path(frame["file"]).name
    patched = pathlib.Path(build, "tests/mutants", mutant, name)
    files = [patched] if patched.exists() else [*pathlib.Path(source, "core").rglob(name),
                                                *pathlib.Path(source, "workloads").rglob(name)]
    lines = files[0].read_text().splitlines() if files else []
    return lines[frame["line"] - 1] if 0 < frame["line"] <= len(lines) else ""


def is_told(source, build, row, fault):
    mutant, _, outcome, function, text = row
    if fault["outcome"] in ("ok", "unreached") or outcome not in ("*", fault["outcome"]):
        return False
    frames = list(fault["frames"])
    for loss in fault.get("losses", []):
        frames += loss["frames"]
    return any(frame["function"] == function and text in source_line(source, build, mutant, frame) for frame in frames)


def main(source, build, chosen):
    table = pathlib.Path(source, "tests/mutants/error_paths/error_paths.tsv").read_text().splitlines()
    rows = [row.split("\t") for row in table if not row.startswith("#")]
    rows = [row for row in rows if not chosen or row[0] in chosen]
    clean, survived = {}, []
    for row in rows:
        mutant, workload = row[:2]
        if workload not in clean:
            clean[workload] = torture(build, workload, "after")
        faults, command = torture(build, workload, mutant)
        found = sorted({fault["outcome"] for fault in faults if fault["outcome"] != "ok"})
        if not any(is_told(source, build, row, fault) for fault in faults):
            survived.append(f"{mutant} survived, with {found} in {len(faults)} faults: {command}")
        if any(is_told(source, build, row, fault) for fault in clean[workload][0]):
            survived.append(f"{mutant} is found without its mistake: {clean[workload][1]}")
    if not chosen and len(rows) < FEWEST:
        survived.append(f"only {len(rows)} mutants")
    print("\n".join(survived) or f"{len(rows)} mutants were found")
    sys.exit(1 if survived else 0)


main(sys.argv[1], sys.argv[2], sys.argv[3:])
