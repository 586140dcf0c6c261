# serves.py leak|clean REQUESTS: keeps the body of each request in a list, or does not.
import sys
import time

kept = []


def serve(number):
    body = bytes(2000 + number % 7)
    if sys.argv[1] == "leak":
        kept.append(body)
    return len(body)


for request in range(int(sys.argv[2])):
    for part in range(10):
        serve(request + part)
    print("served", request, flush=True)
    time.sleep(0.004)
