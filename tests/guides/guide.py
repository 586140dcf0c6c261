#!/usr/bin/env python3
"""Does what a guide says: guide.py GUIDE.md SOURCE_FOLDER BUILD_FOLDER.

The blocks run in turn, in a folder that holds build/ and the sources of the tree. A block of sh is a script. It must end
with the code of its last "# exits with N", else with 0. If the first line of another block is a comment that holds only a
file name, the block is that file. The script before a block of output must print each line of the block; figures that
depend on the machine may differ. Blocks without a language are not run. A comment "needs NAME..." names programs and files
(with a slash) without which the guide is skipped.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TREE = ["CMakeLists.txt", "core", "harness", "reports", "workloads"]
FILE_NAME = re.compile(r"^(?:/\*|//|#) *([A-Za-z0-9_./-]+\.[A-Za-z0-9]+) *(?:\*/)?$")
NEEDS = re.compile(r"^<!-- needs (.*) -->$", re.MULTILINE)
FENCE = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def plain(line):
    """A line without what differs from run to run: durations, rates, ids, and the width of columns."""
    line = re.sub(r"[0-9.]+(?=k? ops/s|[mµ]?s\b)", "#", line)
    return " ".join(line.split())


def fail(guide, block, result, says):
    print(f"{guide}: {says}\n\n{block}\nin the folder of the blocks before it, gave {result.returncode} and\n{result.stdout}")
    sys.exit(1)


def run(guide, folder, script):
    codes = re.findall(r"# exits with (\d+)", script)
    expected = int(codes[-1]) if codes else 0
    result = subprocess.run(["/bin/sh", "-e", "-c", script], cwd=folder, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if result.returncode != expected:
        fail(guide, script, result, f"a block should end with {expected}")
    return script, result


def compare(guide, wanted, ran):
    script, result = ran
    printed = {plain(line) for line in result.stdout.splitlines()}
    for line in wanted.splitlines():
        if plain(line) and plain(line) not in printed:
            fail(guide, script, result, f"this is not printed: {line}")


def skip_without(names):
    for name in names:
        if not (pathlib.Path(name).exists() if "/" in name else shutil.which(name)):
            print(f"skipped: {name} is not installed")
            sys.exit(77)


def main(guide, source, build):
    text = pathlib.Path(guide).read_text(encoding="utf-8")
    skip_without(name for names in NEEDS.findall(text) for name in names.split())
    counts = {"sh": 0, "output": 0, "file": 0}
    ran = None
    with tempfile.TemporaryDirectory(dir=f"{build}/tests") as folder:
        folder = pathlib.Path(folder)
        (folder / "build").symlink_to(build)
        for name in TREE:
            path = pathlib.Path(source) / name
            (shutil.copytree if path.is_dir() else shutil.copy)(path, folder / name)
        for language, block in FENCE.findall(text):
            name = FILE_NAME.match(block.splitlines()[0])
            if language == "sh":
                ran = run(guide, folder, block)
            elif language == "output":
                compare(guide, block, ran)
            elif language and name:
                (folder / name[1]).write_text(block, encoding="utf-8")
                language = "file"
            counts[language] = counts.get(language, 0) + 1
    if counts["sh"] == 0:
        sys.exit(f"{guide}: no script was found")
    print(f"{guide}: ran {counts['sh']} scripts, wrote {counts['file']} files, compared {counts['output']} outputs")


main(*sys.argv[1:])
