"""The programs of programs.py, and the work that each does."""
import dataclasses
import pathlib
import random
import socket
import typing
import signal

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
WORKS = HERE.parent / "e2e" / "programs"
SEARCH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/15/bin"


@dataclasses.dataclass
class Program:
    """Words and scripts may hold {port}, {dir} (empty before each run) and {kept} (kept for both runs)."""
    name: str
    words: list
    needs: tuple = ()  # programs, beside the first word
    prepare: str = ""  # a script, run once in {kept}
    prepare_again: str = "true"  # run there once more, before heapgate
    before: str = ""  # a script, run before each start in {dir}
    options: tuple = ()
    input: bytes = b""
    ignore: str = ""  # what differs from run to run of the bare program
    load: typing.Any = None  # of a server: a script, or a function of its port
    end: int = signal.SIGTERM
    user: str = ""
    environment: tuple = ()

    def __post_init__(self):
        self.needs = (self.words[0], *self.needs)


def receive(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(65536)
        if not more:
            raise EOFError("the server closed the connection")
        data += more
    return data


def load_memcached(port):
    numbers = random.Random(1)
    connection = socket.create_connection(("127.0.0.1", port))
    for _ in range(1500):
        keys = [numbers.randrange(5000) for _ in range(50)]
        connection.sendall(b"".join(b"set key%d 0 0 500\r\n%s\r\n" % (key, b"x" * 500) for key in keys))
        receive(connection, 50 * len(b"STORED\r\n"))
        connection.sendall(b"".join(b"get absent%d\r\n" % key for key in keys))
        receive(connection, 50 * len(b"END\r\n"))


def load_dns(port):
    connection = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    connection.connect(("127.0.0.1", port))
    connection.settimeout(5)
    for i in range(30000):
        name = b"n%05d" % (i % 1000)
        question = bytes([len(name)]) + name + b"\4test\0\0\1\0\1"
        connection.send((i & 65535).to_bytes(2, "big") + b"\1\0\0\1\0\0\0\0\0\0" + question)
        if connection.recv(512)[3] & 15:
            raise OSError("no answer")


ROUNDS = ("--children", "--round-every", "50ms")

APACHE = """cat > apache.conf <<'END'
ServerRoot {dir}
ServerName localhost
PidFile {dir}/pid
Listen 127.0.0.1:{port}
LoadModule mpm_MPM_module /usr/lib/apache2/modules/mod_mpm_MPM.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
DocumentRoot {dir}
ErrorLog {dir}/errors
User www-data
StartServers 2
END
seq 1000 > index.html
chmod 755 {dir}"""

NGINX = """cat > nginx.conf <<'END'
daemon off; pid pid; error_log stderr crit; worker_processes 2;
events { }
http { access_log off; server { listen 127.0.0.1:{port}; root {dir}; } }
END
seq 1000 > index.html
chmod 755 {dir}"""

HAPROXY = """cat > haproxy.conf <<'END'
global
  maxconn 200
  chroot {dir}
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen front
  bind 127.0.0.1:{port}
  http-request return status 200 content-type text/plain string works
END"""

STUNNEL = """openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out crt -subj /CN=localhost 2>/dev/null
cat > conf <<'END'
foreground = yes
syslog = no
debug = err
[front]
accept = 127.0.0.1:{port}
connect = {kept}/socket
cert = {kept}/crt
key = {kept}/key
END
cat > behind.py <<'END'
import socketserver
class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.0 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nworks")
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 128
Server("{kept}/socket", Answer).serve_forever()
END"""

SSHD = """ssh-keygen -q -t ed25519 -N '' -f host
ssh-keygen -q -t ed25519 -N '' -f user
cp user.pub authorized
mkdir -p /run/sshd"""

PROGRAMS = [
    # Servers.
    Program("nginx", ["nginx", "-p", "{dir}", "-e", "stderr", "-c", "nginx.conf"], ("ab",), before=NGINX,
            load="ab -q -n 40000 -c 8 http://127.0.0.1:{port}/index.html", options=ROUNDS),
    Program("redis", ["redis-server", "--port", "{port}", "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning"],
            ("redis-benchmark",), load="redis-benchmark -p {port} -r 2000 -n 120000 -c 20 -t set,get -q",
            options=ROUNDS, ignore=r"(?m)^\d+:.*$\n?"),
    Program("postgres", ["postgres", "-D", "{kept}/data", "-k", "{dir}", "-p", "{port}"], ("pgbench", "initdb"),
            user="postgres",
            prepare="chown postgres . && runuser -u postgres -- initdb -D {kept}/data >/dev/null",
            load="sleep 1; export PGHOST=127.0.0.1 PGPORT={port} PGUSER=postgres PGDATABASE=postgres; "
                 "pgbench -iq; pgbench -c 4 -t 1500", end=signal.SIGINT, options=ROUNDS, ignore=r"(?m)^\d{4}-\d\d-\d\d .*$\n?"),
    Program("mariadb", ["mariadbd", "--no-defaults", "--datadir={kept}/data", "--port={port}", "--bind-address=127.0.0.1",
                        "--socket={dir}/socket", "--user=mysql", "--pid-file={dir}/pid", "--skip-grant-tables",
                        "--skip-networking=0"], ("mariadb-install-db", "mariadb-slap"),
            prepare="chown mysql . && mariadb-install-db --no-defaults --user=mysql --datadir={kept}/data",
            load="mariadb-slap --no-defaults -h 127.0.0.1 -P {port} --protocol=tcp --auto-generate-sql "
                 "--concurrency=4 --number-of-queries=8000", options=ROUNDS, ignore=r"(?m)^.*$"),
    Program("sshd", ["sshd", "-D", "-e", "-f", "/dev/null", "-p", "{port}", "-h", "{kept}/host", "-o", "ListenAddress=127.0.0.1",
                     "-o", "StrictModes=no", "-o", "AuthorizedKeysFile={kept}/authorized", "-o", "PidFile=none", "-o",
                     "LogLevel=QUIET", "-o", "Subsystem=sftp internal-sftp"], ("ssh", "ssh-keygen"), prepare=SSHD,
            load="for i in $(seq 40); do ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "
                 "-i {kept}/user -p {port} -s root@127.0.0.1 sftp </dev/null; done", options=ROUNDS),
    Program("apache-prefork", ["apache2", "-f", "{dir}/apache.conf", "-DFOREGROUND"], ("ab",),
            before=APACHE.replace("MPM", "prefork"), load="ab -q -n 30000 -c 8 http://127.0.0.1:{port}/",
            options=ROUNDS),
    Program("apache-event", ["apache2", "-f", "{dir}/apache.conf", "-DFOREGROUND"], ("ab",),
            before=APACHE.replace("MPM", "event"), load="ab -q -n 30000 -c 8 http://127.0.0.1:{port}/",
            options=ROUNDS),
    Program("lighttpd", ["lighttpd", "-D", "-f", "{dir}/lighttpd.conf"], ("ab",),
            before="seq 1000 > index.html; printf 'server.document-root = \"{dir}\"\\nserver.port = {port}\\n"
                   "server.bind = \"127.0.0.1\"\\n' > lighttpd.conf",
            load="ab -q -n 40000 -c 8 http://127.0.0.1:{port}/index.html", options=ROUNDS, ignore=r"(?m)^\d{4}-.*$"),
    Program("haproxy", ["haproxy", "-db", "-q", "-f", "{dir}/haproxy.conf"], ("ab",), before=HAPROXY,
            load="ab -q -n 120000 -c 8 http://127.0.0.1:{port}/", options=("--round-every", "50ms")),
    Program("stunnel", ["stunnel", "{kept}/conf"], ("ab", "openssl", "python3"), prepare=STUNNEL,
            prepare_again="rm -f socket conf; " + STUNNEL.split("\n", 1)[1],
            load="python3 {kept}/behind.py & until [ -S {kept}/socket ]; do sleep 0.1; done; "
                 "ab -q -n 2000 -c 8 https://127.0.0.1:{port}/ || true; kill $!",
            options=("--round-every", "50ms"), ignore=r"(?m)^\d{4}\..*$\n?"),
    Program("memcached", ["memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", "{port}", "-m", "8"], load=load_memcached,
            options=ROUNDS),
    Program("mosquitto", ["mosquitto", "-p", "{port}"], ("mosquitto_pub", "mosquitto_sub"),
            load="mosquitto_sub -p {port} -q 1 -t t & sleep 0.5; seq 30000 | mosquitto_pub -p {port} -q 1 -t t -l; kill $!",
            options=ROUNDS, ignore=r"(?m)^\d+: .*$\n?"),
    Program("dnsmasq", ["dnsmasq", "-k", "-C", "/dev/null", "-p", "{port}", "--no-resolv", "--no-hosts", "--listen-address=127.0.0.1",
                        "--bind-interfaces", "--address=/test/127.1.2.3", "--user=nobody", "--pid-file"], load=load_dns,
            options=ROUNDS),
    # Interpreters.
    Program("python3", ["python3", str(WORKS / "works.py")], options=("--children",)),
    Program("python3, PYTHONMALLOC=malloc", ["python3", "{kept}/a.py"], environment=(("PYTHONMALLOC", "malloc"),),
            prepare="printf 'import json\\nfor i in range(4000): json.loads(json.dumps([{\"a\": [i] * 50}] * 10))\\n"
                    "print(i)\\n' > a.py"),
    Program("perl", ["perl", "-e", "for my $i (1..300000) { my %h = map { $_ => $i } 1..8; $s += keys %h } print \"$s\\n\""]),
    Program("ruby", ["ruby", "-e", "x = 0; 200000.times { |i| a = (1..8).map { |k| \"s#{k}\" }; x += a.size }; puts x"]),
    Program("node", ["node", "-e", "let x = 0; for (let i = 0; i < 3e6; i++) { const o = {a: [i], b: 's' + i}; "
                     "x += o.a.length } console.log(x)"]),
    Program("java", ["java", "-Xmx128m", "-XX:+UseSerialGC", "{kept}/A.java"],
            prepare="printf 'class A { public static void main(String[] a) { long n = 0; for (int i = 0; i < 20000000; i++) "
                    "n += (\"s\" + i).length(); System.out.println(n); } }' > A.java"),
    Program("php", ["php", "-r", "$x = 0; for ($i = 0; $i < 2000000; $i++) { $a = [$i, \"s$i\"]; $x += count($a); } echo $x, \"\\n\";"]),
    Program("lua", ["lua5.4", "-e", "local x = 0 for i = 1, 2000000 do local t = {i, 's' .. i} x = x + #t end print(x)"]),
    Program("guile", ["guile", "--no-auto-compile", "-c", "(let loop ((i 0) (x 0)) (if (< i 3000000) (loop (+ i 1) "
                      "(+ x (length (list i (number->string i))))) (begin (display x) (newline))))"]),
    Program("bash", ["bash", "-c", "for ((i = 0; i < 60000; i++)); do a=(1 2 $i); b=${a[*]}; done; echo $b"]),
    # Compilers and tools.
    Program("gcc", ["gcc", "-O2", "-D_GNU_SOURCE", f"-I{SOURCE}/harness/include", "-c", str(WORKS / "serves.c"), "-o", "out.o"],
            options=("--children",)),
    Program("cc1plus", ["g++", "-O1", "-c", "{kept}/a.cc", "-o", "out.o"], options=("--children",),
            prepare="printf '#include <regex>\\n#include <iostream>\\n#include <map>\\nint main() { std::regex r(\"a\"); std::map<int, "
                    "std::string> m; m[1] = \"x\"; std::cout << m.size(); }' > a.cc"),
    Program("clang", ["clang", "-O2", "-c", "{kept}/a.c", "-o", "out.o"],
            prepare="for i in $(seq 1500); do echo \"int f$i(int a, int *b) { for (int i = 0; i < a; i++) b[i] += $i * a; return b[a]; }\"; "
                    "done > a.c", options=("--children",)),
    Program("go", ["go", "build", "-o", "{dir}/out", "{kept}/a.go"], options=("--children",),
            environment=(("GOCACHE", "/dev/shm/programs-go"), ("GOTOOLCHAIN", "local")),
            prepare="printf 'package main\nimport \"fmt\"\nfunc main() { fmt.Println(1) }\n' > a.go"),
    Program("cmake", ["cmake", "-S", "{kept}", "-B", "{dir}/build"], options=("--children",),
            prepare="(echo 'cmake_minimum_required(VERSION 3.16)'; echo 'project(a LANGUAGES C)'; for i in $(seq 400); do "
                    "echo \"add_custom_target(t$i COMMAND true)\"; done) > CMakeLists.txt", ignore=r"\d+\.\d+ ?s|\d+\.\d+s"),
    Program("gs", ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=ppmraw", "-r60", "-sOutputFile={dir}/%d.ppm", "{kept}/a.ps"],
            prepare="(echo '%!'; echo '/Times-Roman findfont 12 scalefont setfont'; for i in $(seq 30); do for k in $(seq 60); do "
                    "echo \"50 $((k * 12)) moveto (page $i line $k) show\"; done; echo showpage; done) > a.ps"),
    Program("git", ["git", "-C", "{kept}/r", "log", "-p", "--stat"], options=("--children",),
            prepare="git init -q r; cd r; export HOME=$PWD; git config user.name t; git config user.email t@t; "
                    "for i in $(seq 60); do seq $i $((i * 40)) > f; git add f; git commit -qm $i; done; git config safe.directory '*'",
            environment=(("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "*"))),
    Program("sqlite3", ["sqlite3", "-batch", ":memory:", f".read {WORKS}/works.sql"]),
    Program("curl", ["curl", "-s", "file://{kept}/[1-400]", "-o", "/dev/null", "-w", "%{size_download}\\n"],
            prepare="for i in $(seq 400); do seq 20000 > $i; done"),
    Program("openssl", ["openssl", "genrsa", "-out", "/dev/null", "4096"], ignore=r"(?s).*"),
    Program("ffmpeg", ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=duration=4:size=320x240", "-f", "md5", "-threads",
                       "2", "-c:v", "mpeg4", "-"]),
    Program("convert", ["convert-im6.q16", "-size", "800x800", "gradient:red-blue", "-swirl", "90", "-blur", "0x6", "-resize", "50%",
                        "-strip", "ppm:-"]),
    Program("xmllint", ["xmllint", "--noout", "--repeat", "{kept}/a.xml"],
            prepare="(echo '<a>'; seq -f '<e n=\"%g\"><b>text</b></e>' 20000; echo '</a>') > a.xml"),
    Program("jq", ["jq", "-c", "map(.a * 2) | add", "{kept}/a.json"],
            prepare="python3 -c 'import json; print(json.dumps([{\"a\": i, \"b\": str(i)} for i in range(200000)]))' > a.json"),
    Program("tar", ["tar", "-C", "/usr/include", "-cf", "{dir}/a.tar", "--sort=name", "."]),
    Program("tar -z", ["tar", "-C", "/usr/include", "-czf", "{dir}/a.tar", "linux"], options=("--children",)),
    Program("xz", ["xz", "-T2", "-kc", "{kept}/a"], prepare="seq 1500000 > a"),
    Program("zstd", ["zstd", "-q", "-T2", "-12", "-c", "{kept}/a"], prepare="seq 3000000 > a"),
    Program("rsync", ["rsync", "-a", "{kept}/a/", "{dir}/b"], prepare="mkdir a; for i in $(seq 3000); do echo $i > a/$i; done",
            options=("--children",)),
    Program("find", ["find", "/usr/share", "-newer", "/etc/passwd", "-name", "no such", "-o", "-size", "+900M"]),
    Program("grep", ["grep", "-rEc", "ab+c[0-9]+", "/usr/include/linux"]),
    Program("sort", ["sort", "-n", "{kept}/a"], prepare="seq 1500000 | shuf --random-source=<(yes) > a"),
    Program("gawk", ["gawk", "{ a[$1 % 1000] += $1 } END { print length(a), a[7] }", "{kept}/a"], prepare="seq 2000000 > a"),
    Program("make", ["make", "-s", "-f", "{kept}/m"], options=("--children",),
            prepare="printf 'all: $(shell seq 300)\\n%%:\\n\\t@true $@\\n' > m"),
    Program("gdb", ["gdb", "-q", "-batch", "-nx", "-ex", "starti", "-ex", "info sharedlibrary", "-ex", "continue", "-args", "/bin/true"],
            options=("--children",), ignore=r"0x[0-9a-f]+|process \d+"),
    Program("vim", ["vim", "-es", "-u", "NONE", "-c", "for i in range(1, 20000) | call setline(i, 'line ' . i) | endfor",
                    "-c", "%s/line/row/g", "-c", "wq! {dir}/out"]),
    Program("tmux", ["tmux", "-S", "{dir}/s", "-f", "/dev/null", "new-session", "-d", "sleep 1"], options=("--children",)),
    Program("chromium", ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--user-data-dir={dir}/profile",
                         "data:text/html,<p id=a>x<script>for (let i = 0; i < 1e5; i++) a.textContent = i</script>"],
            options=("--children",), ignore=r"(?m)^(\[.*|.*unexpected operator|)$\n?"),
]
