#!/usr/bin/env python3
"""A load on a server that counts its answers: asks.py http|redis PORT CONNECTIONS SECONDS [RATE].

Each connection asks at a constant rate, RATE requests a second for all together, or as fast as it is answered. Every
answer is looked at. After 50 requests a connection is made anew. SIGTERM ends it. It prints the number of requests and
failures, and the requests a second; the exit code is 1 where one failed. http asks for /N and wants N bytes where
the server is "answers" of the tests, and any 200 of others (http-any)."""
import asyncio, signal, sys, time

kind, port, connections, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
rate = float(sys.argv[5]) if len(sys.argv) > 5 else 0
done = failed = 0
end = time.monotonic() + seconds


async def http(reader, writer, number):
    size = number * 37 % 3000
    writer.write(b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % size if kind == "http" else
                 b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")).split(b":")[1])
    body = await reader.readexactly(length)
    return head.startswith(b"HTTP/1.1 200") and (kind != "http" or body == b"%d" % (size % 10) * size)


async def redis(reader, writer, number):
    key, value = b"key:%d" % (number % 1000), b"%d" % number * 10
    writer.write(b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(key), key, len(value), value))
    if await reader.readline() != b"+OK\r\n":
        return False
    writer.write(b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(key), key))
    size = int((await reader.readline())[1:])
    return len((await reader.readexactly(size + 2))) == size + 2


async def connection(first):
    global done, failed
    number, due = first, time.monotonic()
    ask = redis if kind == "redis" else http
    while time.monotonic() < end:
        writer = None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(50):
                if time.monotonic() >= end:
                    break
                if rate:
                    due += connections / rate
                    await asyncio.sleep(max(0, due - time.monotonic()))
                failed += not await asyncio.wait_for(ask(reader, writer, number), 30)
                done += 1
                number += connections
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, StopIteration, ValueError) as error:
            failed += 1
            print(f"asks.py: {type(error).__name__} {error}", file=sys.stderr)
            await asyncio.sleep(0.1)
        finally:
            if writer:
                writer.close()


async def main():
    def stop():
        global end
        end = 0
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    begun = time.monotonic()
    await asyncio.gather(*(connection(i + 1) for i in range(connections)))
    took = time.monotonic() - begun
    print(f"{done} requests, {failed} failed, {done / took:.0f} a second", flush=True)

asyncio.run(main())
sys.exit(1 if failed or not done else 0)
