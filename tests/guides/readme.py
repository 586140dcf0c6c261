#!/usr/bin/env python3
"""Does what the README says: readme.py README.md BUILD_FOLDER.

A line of a block that begins with a program is a command. It is run where the C blocks before it are files, and ends with the
code of its "# exits with N", else of the "exit code N" in the block of output after it, else with 0. The block of the commands is
held against --help, and the suites against heapgate list.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAMS = ("./dev ", "build/heapgate ", "cc ", "cmake ", "cpack ", "ctest ")
NOT_RUN = {
    "./dev run": "CI runs it after the tests, and test_toka_gate holds its table against the truth",
    "./dev test": "is what runs this",
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


def main(readme, build):
    blocks = BLOCK.findall(pathlib.Path(readme).read_text(encoding="utf-8"))
    counts = {"commands": 0, "excluded": 0, "synopsis": 0, "suites": 0}
    with tempfile.TemporaryDirectory(dir=f"{build}/tests") as name:
        folder = pathlib.Path(name)
        (folder / "build").symlink_to(build)
        for index, (language, block) in enumerate(blocks):
            following = blocks[index + 1][1] if index + 1 < len(blocks) else ""
            if language == "c":
                source = re.search(r"^cc .*?(\S+\.c)\b", following, re.MULTILINE)
                (folder / source[1]).write_text(block, encoding="utf-8")
            elif language == "yaml":
                (folder / "heapgate.yaml").write_text(block, encoding="utf-8")
                check_command("build/heapgate list", 0, folder)
                counts["suites"] += 1
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
                    check_command(line, int((told or last or [0, 0])[1]), folder)
                    counts["commands"] += 1
    if counts["commands"] < 2 or counts["synopsis"] < 5:
        sys.exit(f"README: too little was found: {counts}")
    print(f"README: {counts}")


main(*sys.argv[1:])
