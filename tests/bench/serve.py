"""What ./dev bench serve runs: serve.py BUILD MINUTES.

Three servers run under heapgate exec --serve for so many minutes, each with a low and steady load. For the first minutes a second
one of each leaks. A real Prometheus with the rules of docs/monitoring reads all of them, and go tool pprof and promtool do,
once a minute. Then each server is timed at full speed, with heapgate and without, in turns; of 0 minutes, that alone."""
import json, os, pathlib, re, signal, socket, statistics, subprocess, sys, tempfile, time, urllib.parse, urllib.request

build, minutes = pathlib.Path(sys.argv[1]), float(sys.argv[2])
here = pathlib.Path(__file__).resolve().parent
root = pathlib.Path(tempfile.mkdtemp(prefix="heapgate-serve-"))
LEAK_MINUTES, RATE, PAIRS, BURST = 2, 100, 7, 4
started = []


def free_port():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


def get(url, timeout=120):
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "*/*"}), timeout=timeout) as answer:
        return answer.read()


def start(words, **options):
    process = subprocess.Popen(words, **options)
    started.append(process)
    return process


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            value = condition()
            if value:
                return value
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"serve.py: {what}: not within {seconds} s")


def line_of(file, mark):
    return next(i for i, line in enumerate(open(file), 1) if mark in line)


class Server:
    """One server; the command, the kind of its load, and the options of heapgate that it takes."""
    def __init__(self, name, leaks=False, bare=False, holders=True):
        self.name, self.leaks, self.port = name, leaks, free_port()
        self.folder = root / f"{name}{'-leaks' if leaks else ''}{'-bare' if bare else ''}-{self.port}"
        self.folder.mkdir()
        words, options, self.kind = getattr(self, name)()
        environment = dict(os.environ)
        if leaks and name != "answers":
            environment["LD_PRELOAD"] = str(build / "tests/programs/serve_leak.so")
        if not bare:
            words = [str(build / "heapgate"), "exec", "-q", *options, *(["--holders", "auto"] if holders else []), "--serve", "127.0.0.1:0", "--out",
                     str(self.folder / "out"), "--", *words]
        self.said = self.folder / "said"
        self.begun = time.monotonic()
        self.process = start(words, env=environment, stdout=open(self.folder / "printed", "w"), stderr=open(self.said, "w"))
        if name == "answers":
            self.port = int(wait_until(lambda: (self.folder / "printed").read_text().strip(), "a port"))
        if not bare:
            self.address = wait_until(lambda: re.search(r"serving at (http\S+)", self.said.read_text()), "an address")[1]
        wait_until(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() or True, f"{name} answers")
        self.load = None

    def nginx(self):
        (self.folder / "index.html").write_text("<p>hello</p>\n" * 200)
        (self.folder / "conf").write_text(f"""worker_processes 1; user root; pid {self.folder}/pid; error_log {self.folder}/errors;
events {{ worker_connections 64; }}
http {{ access_log off; gzip on; client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p;
fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
server {{ listen 127.0.0.1:{self.port}; root {self.folder}; }} }}""")
        return ["nginx", "-c", str(self.folder / "conf"), "-g", "daemon off;"], ["--children"], "http-any"

    def redis(self):
        words = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir",
                 str(self.folder)]
        return words, ["--allocator", "jemalloc"], "redis"

    def answers(self):
        return [str(build / "tests/programs/answers")] + (["leak"] if self.leaks else []), [], "http"

    def ask(self, seconds):
        self.load = start([sys.executable, str(here / "asks.py"), self.kind, str(self.port), "2", str(seconds), str(RATE)],
                          stdout=subprocess.PIPE, text=True)

    def wanted(self):
        """The function, the line and the holder of its leak."""
        if self.name == "answers":
            return "open_session", line_of(here / "../e2e/programs/answers.c", "here: session"), "sessions"
        return "keep_answer", line_of(here / "serve_leak.c", "here: kept"), "kept_answers"

    def stop(self):
        if self.load:
            self.load.send_signal(signal.SIGTERM)
            self.asked = self.load.communicate()[0].strip()
            self.load = None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def start_prometheus(servers):
    rules = here / "../../docs/monitoring/exec.rules.yml"
    targets = json.dumps([{"targets": [urllib.parse.urlparse(s.address).netloc], "labels": {"server": s.folder.name}} for s in servers])
    (root / "prometheus.yml").write_text(f"""global: {{ scrape_interval: 5s, evaluation_interval: 5s }}
rule_files: ["{rules.resolve()}"]
scrape_configs:
  - {{ job_name: heapgate, static_configs: {targets} }}
""")
    port = free_port()
    start(["prometheus", f"--config.file={root}/prometheus.yml", f"--storage.tsdb.path={root}/tsdb",
           f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=open(root / "prometheus.said", "w"))
    wait_until(lambda: get(f"http://127.0.0.1:{port}/-/ready"), "Prometheus")
    return f"http://127.0.0.1:{port}/api/v1/query?query="


def query(prometheus, text):
    return json.loads(get(prometheus + urllib.parse.quote(text)))["data"]["result"]


def read_as_others_do(server):
    """Every reader must be content; gives how many there were."""
    for kind in "heap", "allocs", "growth?seconds=1":
        subprocess.run(["go", "tool", "pprof", "-raw", f"{server.address}debug/pprof/{kind}"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env=dict(os.environ, PPROF_TMPDIR=str(root), HOME=str(root)))
    check = subprocess.run(["promtool", "check", "metrics"], input=get(server.address + "metrics"), capture_output=True, check=False)
    if check.returncode != 0:
        raise SystemExit(f"serve.py: promtool: {check.stderr}")
    json.loads(get(server.address + "verdict"))
    return 5


def watch_leaks(servers, prometheus):
    """Prints when each was told, and by whom. The time is from the start of the server."""
    log, fired = {}, {}
    end = time.monotonic() + 60 * LEAK_MINUTES
    while time.monotonic() < end and (len(log) < len(servers) or len(fired) < len(servers)):
        for server in servers:
            function, line, holder = server.wanted()
            text = server.said.read_text()
            told = re.search(rf"ALERT .*: {function} \S*:{line} ", text)
            if told and server not in log and re.search(rf"at the ALERT, held by {holder}", text):
                log[server] = time.monotonic() - server.begun
            alerts = query(prometheus, f'ALERTS{{alertname="HeapgateGrowingLine",alertstate="firing",server="{server.folder.name}",'
                           f'function="{function}",line="{line}",held_by=~"{holder}.*"}}')
            if alerts and server not in fired:
                fired[server] = time.monotonic() - server.begun
        time.sleep(0.5)
    for server in servers:
        function, line, holder = server.wanted()
        print(f"{server.name} with a leak: in heapgate's log after {log.get(server, float('inf')):.0f} s, an alert of Prometheus after "
              f"{fired.get(server, float('inf')):.0f} s: {function}, line {line}, held by {holder}", flush=True)
        code = server.stop()
        snapshots = len(list((server.folder / "out").glob("alert-*/run.json")))
        print(f"{server.name} with a leak: {server.asked}; exit code {code}, {snapshots} snapshot", flush=True)


def processor_seconds(process):
    """Of all processes from this one on: of heapgate, and of all others."""
    own = others = 0
    waiting = [process]
    for one in waiting:
        try:
            fields = open(f"/proc/{one}/stat").read().rsplit(")", 1)[1].split()
            seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            is_own = os.path.basename(os.readlink(f"/proc/{one}/exe")) == "heapgate"
            for thread in os.listdir(f"/proc/{one}/task"):
                waiting += [int(child) for child in open(f"/proc/{one}/task/{thread}/children").read().split()]
        except OSError:
            continue
        own, others = own + seconds * is_own, others + seconds * (not is_own)
    return own, others


def throughput(name):
    """Requests at full speed, bare and with heapgate, in turns; in processor time, as other programs may run, too."""
    def timed(bare):
        server = Server(name, bare=bare, holders=False)
        before, begun = processor_seconds(server.process.pid), time.monotonic()
        if name == "redis":
            words = ["redis-benchmark", "-p", str(server.port), "-t", "set,get", "-c", "4", "-n", "200000", "-q", "--csv"]
            said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
            rates = [float(row.split('","')[1].strip('"')) for row in said.splitlines() if row.startswith(('"SET', '"GET'))]
            requests, rate = 400000, statistics.harmonic_mean(rates)
        else:
            said = subprocess.run(["ab", "-q", "-k", "-c", "4", "-t", str(BURST), "-n", "10000000", f"http://127.0.0.1:{server.port}/"],
                                  capture_output=True, text=True, check=True).stdout
            requests = int(re.search(r"Complete requests:\s+(\d+)", said)[1])
            rate = float(re.search(r"Requests per second:\s+([\d.]+)", said)[1])
        took = time.monotonic() - begun
        own, others = (b - a for a, b in zip(before, processor_seconds(server.process.pid)))
        server.stop()
        return rate, 1e6 * others / requests, own / took
    pairs = [(timed(True), timed(False)) for _ in range(PAIRS)]
    (bare, cpu, _), (watched, watched_cpu, own) = ([statistics.median(column) for column in zip(*side)] for side in zip(*pairs))
    ratios = [w[1] / b[1] for b, w in pairs]
    print(f"{name} at full speed: {bare:.0f} requests a second bare, {watched:.0f} under heapgate exec --serve; "
          f"{cpu:.2f} and {watched_cpu:.2f} us of processor time each, {statistics.median(ratios):.2f} times as much "
          f"({min(ratios):.2f} to {max(ratios):.2f} in {PAIRS} pairs); heapgate itself: {100 * own:.1f} % of a processor", flush=True)


def main():
    subprocess.run(["cc", "-g", "-O1", "-shared", "-fPIC", "-o", str(build / "tests/programs/serve_leak.so"), str(here / "serve_leak.c")], check=True)
    names = ["nginx", "redis", "answers"]
    if minutes > 0:
        watch(names)
    for name in names:
        throughput(name)


def watch(names):
    healthy = [Server(name) for name in names]
    leaking = [Server(name, leaks=True) for name in names]
    prometheus = start_prometheus(healthy + leaking)
    begun = time.monotonic()
    for server in healthy + leaking:
        server.ask(60 * minutes + 600)
    watch_leaks(leaking, prometheus)
    reads = 0
    while time.monotonic() < begun + 60 * minutes:
        time.sleep(min(60, max(0, begun + 60 * minutes - time.monotonic())))
        reads += sum(read_as_others_do(server) for server in healthy)
    for server in healthy:
        where = f'server="{server.folder.name}"'
        alerts = query(prometheus, f'count_over_time(ALERTS{{alertname=~"HeapgateLeak|HeapgateGrowingLine",alertstate="firing",{where}}}[3h])')
        scrapes = query(prometheus, f"sum_over_time(up{{{where}}}[3h])")
        verdict = json.loads(get(server.address + "verdict"))["outcome"]
        code = server.stop()
        told = server.said.read_text().count("ALERT 20")
        print(f"{server.name}: {minutes:.0f} minutes, {server.asked}; {scrapes[0]['value'][1]} scrapes, {len(alerts)} alerts of Prometheus, "
              f"{told} of heapgate; served {verdict}, exit code {code}", flush=True)
    print(f"{reads} answers read by go tool pprof, promtool and as JSON", flush=True)


try:
    main()
finally:
    for process in started:
        if process.poll() is None:
            process.kill()
    if os.environ.get("HEAPGATE_KEEP"):
        print(root)
    else:
        subprocess.run(["rm", "-rf", str(root)], check=False)
