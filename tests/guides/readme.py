#!/usr/bin/env python3
"""Does what the README and the list of commands say: readme.py BUILD_FOLDER README.md docs/commands.md.

A line that begins with a program is a command. It runs in a folder that has the C blocks before it as files. It must end
with the code of its "# exits with N", else with the "exit code N" in the block of output after it, else with 0. The command must print
each line of that block, except "[...]". The list of commands is compared with --help, and heapgate list must accept
the suites.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAMS = ("./dev ", "build/heapgate ", "cc ", "cmake ", "cpack ", "ctest ")
NOT_RUN = {
    "./dev run": "CI runs it after the tests, and test_toka_gate compares its table with the truth",
    "./dev test": "runs this test",
    "./dev build": "has made the build folder that this test gets",
}
BLOCK = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(words, folder):
    return subprocess.run(words, cwd=folder, shell=isinstance(words, str), stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")


def check_synopsis(block, folder):
    """Every command in it exists, with every option and format that stands there."""
    entries = re.sub(r"\n +", " ", block).splitlines()
    for entry in entries:
        command = entry.split()[1]
        told = run(["build/heapgate", command, "--help"], folder)
        if told.returncode != 0:
            sys.exit(f"README names a command that is not there: {command}")
        known = set(re.findall(r"(?<!\S)--?[a-zA-Z][a-z-]*(?=[=, \n])", told.stdout))
        wanted = re.findall(r"(?<![\w-])--?[a-zA-Z][a-z-]*", entry)
        formats = re.findall(r"--format ([a-z|]+)", entry)
        missing = [option for option in wanted if option not in known]
        missing += [name for words in formats for name in words.split("|") if not re.search(rf"\b{name}\b", told.stdout)]
        if missing:
            sys.exit(f"README gives heapgate {command} what its help does not: {missing}")
    return len(entries)


def check_command(line, code, folder):
    result = run(line, folder)
    if result.returncode != code:
        sys.exit(f"README: {line}\nends with {result.returncode}, not with {code}:\n{result.stdout}")
    return result.stdout


def check_output(block, printed):
    """Every line of it was printed, apart from the width of columns."""
    known = {" ".join(line.split()) for line in printed.splitlines()} | {"[...]"}
    for line in block.splitlines():
        if " ".join(line.split()) not in known:
            sys.exit(f"README: this is not printed: {line}\n{printed}")


def check_blocks(text, folder, counts):
    blocks = BLOCK.findall(text)
    printed = ""
    for index, (language, block) in enumerate(blocks):
        following = blocks[index + 1][1] if index + 1 < len(blocks) else ""
        if language == "c":
            source = re.search(r"^cc .*?(\S+\.c)\b", following, re.MULTILINE)
            (folder / source[1]).write_text(block, encoding="utf-8")
        elif language == "yaml" and block.startswith("suite:"):
            (folder / "heapgate.yaml").write_text(block, encoding="utf-8")
            check_command("build/heapgate list", 0, folder)
            counts["suites"] += 1
        elif language == "output":
            check_output(block, printed)
            counts["outputs"] += 1
        elif block.startswith("heapgate run ["):
            counts["synopsis"] += check_synopsis(block, folder)
        else:
            commands = [line for line in block.splitlines() if line.startswith(PROGRAMS)]
            after = re.search(r"; exit (?:code )?(\d)", following)
            for line in commands:
                if re.sub(r" +#.*", "", line) in NOT_RUN:
                    counts["excluded"] += 1
                    continue
                told = re.search(r"# exits with (\d+)", line)
                last = after if line == commands[-1] else None
                printed = check_command(line, int((told or last or [0, 0])[1]), folder)
                counts["commands"] += 1


def main(build, *files):
    counts = {"commands": 0, "excluded": 0, "synopsis": 0, "suites": 0, "outputs": 0}
    with tempfile.TemporaryDirectory(dir=f"{build}/tests") as name:
        folder = pathlib.Path(name)
        (folder / "build").symlink_to(build)
        for file in files:
            check_blocks(pathlib.Path(file).read_text(encoding="utf-8"), folder, counts)
    if counts["commands"] < 2 or counts["synopsis"] < 5 or counts["suites"] < 1 or counts["outputs"] < 1:
        sys.exit(f"README: too little was found: {counts}")
    print(f"README: {counts}")


main(*sys.argv[1:])
