# Fabricated series of pprof: exact, or sampled one in PERIOD bytes.
import gzip, math, random, sys
def varint(n):
    out = b""
    n &= (1 << 64) - 1
    while True:
        out += bytes([n & 0x7f | (0x80 if n > 0x7f else 0)])
        n >>= 7
        if not n: return out
def number(field, value): return varint(field << 3) + varint(value)
def part(field, data): return varint(field << 3 | 2) + varint(len(data)) + data
def write(path, time_ns, stacks, period=1, head=b""):
    strings = [""]
    def text(s):
        if s not in strings: strings.append(s)
        return strings.index(s)
    out = b""
    for kind, unit in (("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")):
        out += part(1, number(1, text(kind)) + number(2, text(unit)))
    functions = {}
    for names, blocks, size in stacks:
        for name in names:
            functions.setdefault(name, len(functions) + 1)
        ids = b"".join(varint(functions[name]) for name in names)
        out += part(2, part(1, ids) + part(2, varint(blocks) + varint(blocks * size) + varint(blocks) + varint(blocks * size)))
    for name, number_ in functions.items():
        out += part(4, number(1, number_) + part(4, number(1, number_) + number(2, 10)))
        out += part(5, number(1, number_) + number(2, text(name)) + number(4, text("a.c")))
    out += part(11, number(1, text("space")) + number(2, text("bytes"))) + number(12, period)
    if time_ns: out += number(9, time_ns)
    for s in strings: out += part(6, s.encode())
    open(path, "wb").write(gzip.compress(head + out))
def sampled(blocks, size, period):
    p = 1 - math.exp(-size / period)
    k = sum(random.random() < p for _ in range(blocks))
    return round(k / p)

# A live set of blocks in steady state: each lives for a while, and is sampled when it is born.
def churn(blocks, size, period, points, lifetime):
    p = 1 - math.exp(-size / period) if period > 1 else 1
    alive = [(random.expovariate(1 / lifetime), random.random() < p) for _ in range(blocks)]
    for point in range(points):
        yield round(sum(sampled for _, sampled in alive) / p)
        alive = [(left - 1, sampled) if left > 1 else (random.expovariate(1 / lifetime), random.random() < p)
                 for left, sampled in alive]

# A leak: every block stays, and is sampled or not.
def leak(blocks_a_point, size, period, points):
    p = 1 - math.exp(-size / period) if period > 1 else 1
    sampled = 0
    for point in range(points):
        sampled += sum(random.random() < p for _ in range(blocks_a_point))
        yield round(sampled / p)

# series FOLDER SEED KIND PERIOD POINTS: files FOLDER/N.pb.gz, minutes apart.
if __name__ == "__main__":
    folder, seed, kind, period, points = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    random.seed(seed)
    stacks = {}
    for i in range(12):
        size = 16 << i
        healthy = churn(200 + 4000 // (i + 1), size, period, points, 1 + i)
        steady = kind in ("flat", "replaced", "spread")
        stacks[f"healthy_{i}", "serve", "main"] = (size, [100] * points if steady else list(healthy))
    if kind == "leak":
        stacks["leaky", "serve", "main"] = (1024, list(leak(3000, 1024, period, points)))
    if kind == "replaced":
        stacks["load", "serve", "main"] = (64, [20000 - 500 * point for point in range(points)])
        stacks["refresh", "serve", "main"] = (64, [500 * point for point in range(points)])
    if kind == "spread":
        for i in range(60):
            born = [(7 * i) % points]
            stacks[f"rare_{i}", "serve", "main"] = (640, [1 + sum(b <= point for b in born) for point in range(points)])
    for point in range(points):
        write(f"{folder}/{points - point}.pb.gz", 1700000000000000000 + point * 60000000000,
              [(list(path), counts[point], size) for path, (size, counts) in stacks.items() if counts[point] > 0], period)
