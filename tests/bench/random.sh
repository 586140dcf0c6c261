#!/usr/bin/env bash
# how often verdicts on workloads put together at random are right; arguments: cases (100), number of the first (1)
#
# Each case runs on glibc or jemalloc, in turn: once as it is, which is healthy, and once with a leak. A row for each cell
# that is not as it should be, and a summary. RANDOM_CASE=N heapgate check build/bench/random-subject.so plays one.
set -euo pipefail
exec python3 - "$1" "${2:-100}" "${3:-1}" <<'END'
import collections, json, os, subprocess, sys, tempfile

build, cases, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
verdicts = collections.Counter()
poor = collections.Counter()
with tempfile.TemporaryDirectory() as folder:
    about = folder + "/about"
    for number in range(first, first + cases):
        for leak in (0, 1):
            allocator = ("glibc", "jemalloc")[(number + leak) % 2]
            environment = dict(os.environ, RANDOM_CASE=str(number), RANDOM_LEAK=str(leak), RANDOM_ABOUT=about)
            subprocess.run([build + "/heapgate", "check", build + "/bench/random-subject.so", "--quiet", "--holders", "never",
                            "--allocator", allocator, "--out", folder], env=environment, stdout=subprocess.DEVNULL)
            with open(folder + "/run.json") as file:
                cell = json.load(file)["cells"][0]
            with open(about) as file:
                rate, parts = float(file.readline()), file.read()
            told, error, verdict = cell["bytes_per_op"], cell["bytes_per_op_error"], cell["verdict"]
            top = cell["sites"][0]["frames"][0]["function"] if cell["sites"] else ""
            verdicts["leaking" if leak else "healthy", verdict] += 1
            wrong = [] if verdict == ("leak" if leak else "clean") else [verdict]
            if leak and verdict == "leak" and top != "lose_block":
                wrong.append("culprit " + top)
            if leak and verdict == "leak" and abs(told - rate) > max(3 * error, 0.05 * rate):
                wrong.append("rate")
            poor.update(word.split()[0] for word in wrong if word != verdict)
            if wrong:
                print(f"case {number}, {'leaking' if leak else 'healthy'}, {allocator}: {', '.join(wrong)}; {rate:.3g} B/op, "
                      f"told {told:.3g} +-{error:.2g}, sees from {cell['min_detectable_bytes_per_op']:.3g}; {parts}", flush=True)
for (truth, verdict), count in sorted(verdicts.items()):
    print(f"{truth:8} {verdict:14} {count:6}")
print(f"another function on top: {poor['culprit']}; rate off by more than 5 % and three errors: {poor['rate']}")
END
