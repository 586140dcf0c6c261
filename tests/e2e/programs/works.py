# Some of what Python programs do: json, threads, a subprocess, an exit status of its own.
import json
import subprocess
import sys
import threading

results = []


def work(number):
    total = 0
    for size in range(200):
        text = json.dumps({"numbers": [number, size] * 20, "text": "x" * size})
        total += len(json.loads(text)["text"])
    results.append(total)


threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results))
done = subprocess.run(["/bin/sh", "-c", "echo from a shell; exit 5"], stdout=subprocess.PIPE, text=True)
print(done.stdout, done.returncode)
print("to standard error", file=sys.stderr)
sys.exit(3)
