"""nginx, Apache, Node, aiohttp and Go's net/http with curl, wget and bare sockets, captured live on loopback: uploads with and
without a length, chunks, gzip, ranges, redirects, HEAD, and 10,000 exchanges at full speed with each. What weir reports is
what the servers themselves wrote into their logs, line by line and in their order on each connection."""

import collections
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from live import PATH, SLOW, Installed, Schema, as_nobody, curl, free_port, need_root
from weirtest import Findings, events, run

SERVERS = Path(__file__).parent / "servers"
EXCHANGES, CONNECTIONS, PIPELINED = 10_000, 8, 25
BIG = b"0123456789" * 100_000
Line = collections.namedtuple("Line", "port method target status sent received")


def number(text):
    return int(text) if text.isdigit() else 0


class Server:
    """A server with a folder, a port and a log of its own, as nobody."""

    def __init__(self, folder, port):
        self.folder, self.port, self.log = folder, port, folder / "log"

    def configured(self, name):
        """The configuration file with what it names put in; the folder holds what the server serves."""
        www = self.folder / "www"
        (www / "up").mkdir(parents=True)
        (www / "small").write_bytes(b"small\n")
        (www / "form").write_bytes(b"taken\n")
        (www / "chunked").write_bytes(b"not in chunks here\n")
        (www / "big").write_bytes(BIG)
        (www / "gz").write_bytes(BIG)
        (www / "gz.gz").write_bytes(subprocess.run(["gzip", "-c"], input=BIG, capture_output=True, check=True).stdout)
        for path in (self.folder, www, www / "up"):
            path.chmod(0o777)
        conf = self.folder / "conf"
        conf.write_text((SERVERS / name).read_text().replace("@FOLDER@", str(self.folder)).replace("@PORT@", str(self.port)))
        return conf

    def start(self, *command):
        with open(self.folder / "output", "wb") as output, open(self.log, "ab") as log:
            self.log.chmod(0o666)
            self.process = as_nobody(*command, stdout=log, stderr=output)
        deadline = time.monotonic() + 20 * SLOW
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"{command[0]} does not start: {(self.folder / 'output').read_text()[-2000:]}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def lines(self):
        """What it logged; where it knows no length of a body that it stored, the file has it."""
        found = []
        for text in self.log.read_text().splitlines():
            fields = text.split("\t")
            if len(fields) == 5:  # Apache has the request line in one
                method, target, _ = fields[1].split(" ")
                fields[1:2] = [method, target]
            port, method, target, status, sent, received, *expects = fields
            stored = self.folder / "www" / target.lstrip("/")
            size = number(received) if received.isdigit() or method != "PUT" else stored.stat().st_size
            interim = len("HTTP/1.1 100 Continue\r\n\r\n") if expects == ["100-continue"] else 0  # nginx counts it
            found.append(Line(int(port), method, target, int(status), number(sent) - interim, size))
        return found


class Nginx(Server):
    programs = ("nginx",)

    def begin(self):
        return self.start(shutil.which("nginx", path=PATH), "-c", self.configured("nginx.conf"), "-e", self.folder / "error.log")


class Apache(Server):
    programs = ("apache2",)

    def begin(self):
        return self.start(shutil.which("apache2", path=PATH), "-D", "FOREGROUND", "-f", self.configured("apache.conf"))


class Node(Server):
    programs = ("node",)

    def begin(self):
        return self.start("node", SERVERS / "server.js", self.port)


class Aiohttp(Server):
    programs = ("/usr/bin/python3",)

    def begin(self):
        return self.start("/usr/bin/python3", SERVERS / "aiohttp_server.py", self.port)


class Go(Server):
    programs = ("go",)

    def begin(self):
        built = run("go", "build", "-o", self.folder / "server", SERVERS / "server.go",
                    env={**os.environ, "GOCACHE": f"{self.folder}/cache", "GO111MODULE": "off", "GOTOOLCHAIN": "local"})
        if built.returncode != 0:
            raise RuntimeError(f"go build: {built.stderr}")
        return self.start(self.folder / "server", self.port)


def is_there(kind):
    if kind is Aiohttp and run("/usr/bin/python3", "-c", "import aiohttp").returncode != 0:
        return False
    return all(shutil.which(program, path=PATH) for program in kind.programs)


class Told:
    """weir on the ports of the servers, its events in a file."""

    def __init__(self, installed, ports):
        self.file = installed.scratch / "events"
        self.process = as_nobody(installed.weir, "-i", "lo", "-o", f"{self.file}:events=http.exchange,capture.*,anomaly",
                                 "--buffer", "128Mi", " or ".join(f"tcp port {port}" for port in ports),
                                 stdout=subprocess.DEVNULL)
        self.wait_for(b'"event":"capture.start"', 1, 10)

    def wait_for(self, what, count, seconds):
        deadline = time.monotonic() + seconds * SLOW
        seen, at, rest = 0, 0, b""
        while seen < count and time.monotonic() < deadline:
            if self.file.exists():
                with open(self.file, "rb") as lines:
                    lines.seek(at)
                    *whole, rest = (rest + lines.read()).split(b"\n")
                    at = lines.tell()
                seen += sum(what in line for line in whole)
            time.sleep(0.02)
        return seen

    def end(self):
        self.process.terminate()
        status = self.process.wait(20 * SLOW)
        return status, events(self.file.read_text())


def small_talk(base, folder):
    """One of each kind of exchange, by curl and wget."""
    numbered, three = folder / "numbered", folder / "three"
    numbered.write_bytes(BIG[:100_000])
    three.write_bytes(BIG * 3)
    nothing = ("-o", "/dev/null")
    curl(*nothing, f"{base}/small", *nothing, f"{base}/big", *nothing, f"{base}/chunked", *nothing, f"{base}/missing")
    curl("-I", f"{base}/big", f"{base}/missing")
    curl(*nothing, "--compressed", f"{base}/gz")
    curl(*nothing, "-L", f"{base}/moved")
    curl(*nothing, f"{base}/empty")
    curl(*nothing, "-0", f"{base}/chunked")  # to HTTP/1.0 without a length: the body goes on to the end of the connection
    curl(*nothing, "-X", "OPTIONS", f"{base}/small", *nothing, "--next", "-s", *nothing, "-X", "DELETE", f"{base}/small")
    curl(*nothing, "-r", "10-99", f"{base}/big")
    curl(*nothing, "--path-as-is", f"{base}/small?a=b%20c&d=%C3%A4&e={'x' * 500}")
    curl("-T", str(numbered), f"{base}/up/numbered", "-T", str(three), f"{base}/up/three")
    with open(three, "rb") as pipe:
        run("curl", "-s", "--noproxy", "*", "-T", "-", f"{base}/up/chunked", stdin=pipe)
    curl("-T", "/dev/null", f"{base}/up/nothing")
    curl("-d", "name=value&other=%26", f"{base}/form")
    curl("-F", f"file=@{numbered}", f"{base}/form")
    wget = ("wget", "-q", "--no-proxy", "-t", "1", "-O", "/dev/null")
    run(*wget, f"{base}/small", f"{base}/big", f"{base}/chunked", f"{base}/moved")
    run(*wget, f"--post-file={numbered}", f"{base}/form")


def at_full_speed(port):
    """EXCHANGES requests on CONNECTIONS connections, PIPELINED of them at once."""
    def talk(k):
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.settimeout(60)
            for first in range(0, EXCHANGES // CONNECTIONS, PIPELINED):
                asked = [f"GET /n/{k}/{first + i} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n" for i in range(PIPELINED)]
                connection.sendall("".join(asked).encode())
                said = b""
                while said.count(b"small\n") < PIPELINED:
                    more = connection.recv(1 << 16)
                    if not more:
                        return
                    said += more

    threads = [threading.Thread(target=talk, args=(k,)) for k in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def line_of(exchange):
    request, response = exchange["request"], exchange["response"]
    return Line(exchange["client"]["port"], request["method"], request["target"], response["status"],
                response.get("body", {}).get("size", 0), request.get("body", {}).get("size", 0))


def by_connection(lines):
    found = collections.defaultdict(list)
    for line in lines:
        found[line.port].append(line)
    return found


def compare(findings, name, logged, exchanges):
    """The server's log and weir's exchanges, connection by connection."""
    is_whole = lambda e: all(e.get(side, {}).get("complete") for side in ("request", "response"))
    whole, partial = [e for e in exchanges if is_whole(e)], [e for e in exchanges if not is_whole(e)]
    findings.check(not partial, f"{name}: not complete: {partial[:2]}")
    told, own = by_connection(line_of(e) for e in whole), by_connection(logged)
    findings.check(len(exchanges) == len(logged), f"{name}: {len(exchanges)} exchanges, {len(logged)} lines of its log")
    wrong = [pair for port in sorted(told.keys() | own.keys())
             for pair in itertools.zip_longest(told.get(port, []), own.get(port, [])) if pair[0] != pair[1]]
    for reported, written in wrong[:5]:
        findings.add(f"{name}: weir {reported}, its log {written}")
    if len(wrong) > 5:
        findings.add(f"{name}: {len(wrong)} lines differ")


def main():
    need_root("curl", "wget")
    findings, schema = Findings(), Schema()
    kinds = [kind for kind in (Nginx, Apache, Node, Aiohttp, Go) if is_there(kind)]
    for kind in (Nginx, Apache, Node, Aiohttp, Go):
        if kind not in kinds:
            print(f"LEFT OUT: {kind.__name__} is not installed")
    with Installed() as installed, tempfile.TemporaryDirectory(dir=installed.folder) as scratch:
        Path(scratch).chmod(0o755)
        servers = []
        try:
            for kind in kinds:
                folder = Path(scratch, kind.__name__)
                folder.mkdir(mode=0o777)
                folder.chmod(0o777)
                servers.append(kind(folder, free_port()).begin())
            weir = Told(installed, [server.port for server in servers])
            for server in servers:
                small_talk(f"http://127.0.0.1:{server.port}", Path(scratch))
                began = time.monotonic()
                at_full_speed(server.port)
                took = time.monotonic() - began
                print(f"{type(server).__name__}: {EXCHANGES / took:.0f} exchanges a second")
            logged = {server.port: server.lines() for server in servers}
            expected = sum(len(lines) for lines in logged.values())
            weir.wait_for(b'"event":"http.exchange"', expected, 20)
            status, lines = weir.end()
        finally:
            for server in servers:
                server.stop()
    findings.check(status == 0, f"weir ended with {status}")
    exchanges = collections.defaultdict(list)
    for line in lines:
        if line["event"] == "http.exchange":
            exchanges[line["server"]["port"]].append(line)
    for server in servers:
        compare(findings, type(server).__name__, logged[server.port], exchanges[server.port])
    anomalies = [line for line in lines if line["event"] == "anomaly"]
    findings.check(not anomalies, f"anomalies: {anomalies[:3]}")
    dropped = lines[-1]["totals"].get("kernel", {}).get("dropped")
    findings.check(dropped == 0, f"the kernel dropped {dropped}")
    schema.check(findings, lines[:200] + lines[-200:])
    findings.finish(f"{expected} exchanges with {len(servers)} servers")


main()
