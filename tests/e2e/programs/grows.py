# grows.py KIND leaks|healthy: in each round, a function of the kind keeps what it makes, or does not.
import ctypes
import os
import sys

ROUNDS = 25
kind, leaks = sys.argv[1], sys.argv[2] == "leaks"
if kind == "ssl":
    import ssl
elif kind == "thread":
    import threading
kept = []
number = 0


def grow_list():
    item = [number] * 80  # list
    if leaks:
        kept.append(item)


def make_handler():
    data = bytes(700)  # closure
    return lambda: data


def grow_closure():
    handler = make_handler()
    if leaks:
        kept.append(handler)


def produce():
    buffer = bytearray(600)  # generator
    while True:
        yield len(buffer)


def grow_generator():
    source = produce()
    next(source)
    if leaks:
        kept.append(source)


def in_thread():
    if leaks:
        kept.append(bytes(1000))  # thread
    else:
        bytes(1000)


def grow_thread():
    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()


def grow_ssl():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # ssl
    if leaks:
        kept.append(context)


def descend(depth):
    if depth > 0:
        return descend(depth - 1)
    return bytes(2000)  # recursion


def grow_recursion():
    block = descend(200)
    if leaks:
        kept.append(block)


def grow_source():
    # New code each time, in the place of the code before; one of four functions keeps its block.
    space = {"kept": kept, "leaks": leaks}
    text = "def keep_%d():\n\n    block = bytes(900)\n    if leaks and %d == 1: kept.append(block)\n"
    exec(text % (number % 4, number % 4), space)
    space["keep_%d" % (number % 4)]()


grow = globals()["grow_" + sys.argv[1]]
mark = ctypes.CDLL(None).heapgate_probe_mark if "HEAPGATE_MARKS" in os.environ else int
for number in range(ROUNDS * 20):
    grow()
    if number % 20 == 19:
        mark()
print("done", sys.argv[1])
