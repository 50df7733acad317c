"""What the live tests share: the two programs as uid nobody with a file capability, a web server on loopback, a weir
whose events can be waited for.

Must capture loopback only, and end only processes it started.
"""

import http.server
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import jsonschema

import weirtest
from weirtest import WEIR, WEIR_CAPTURE, events, run, said, skip

USER, GROUP = "nobody", "nogroup"
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
SLOW = 5 if os.environ.get("WEIR_SANITIZE") else 1


def need_root(*tools):
    """Live tests need to set a file capability and to become nobody."""
    weirtest.need_root("to give the helper its capability and to run as nobody")
    for tool in ("setcap", *tools):
        if shutil.which(tool, path=PATH) is None:
            skip(f"{tool} is not installed (scripts/install-deps test)")


class Installed:
    """Copies of weir and weir-capture that nobody may run, the helper with its capability and nothing else."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="weir-live-"))
        self.folder.chmod(0o755)
        self.weir = self.folder / "weir"
        self.capture = self.folder / "weir-capture"
        shutil.copy(WEIR, self.weir)
        shutil.copy(WEIR_CAPTURE, self.capture)
        shutil.chown(self.capture, "root", GROUP)
        self.capture.chmod(0o750)
        given = run("setcap", "cap_net_raw+ep", self.capture, env={**os.environ, "PATH": PATH})
        if given.returncode != 0:
            self.remove()
            skip(f"no file capability can be set here: {given.stderr.strip()}")
        self.scratch = self.folder / "scratch"  # where nobody may write
        self.scratch.mkdir()
        shutil.chown(self.scratch, USER, GROUP)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


def as_nobody(*command, **how):
    """Starts a command as nobody, in no group but nogroup."""
    for name, kind in (("stdin", subprocess.DEVNULL), ("stdout", subprocess.PIPE), ("stderr", subprocess.PIPE)):
        how.setdefault(name, kind)
    return subprocess.Popen([str(part) for part in command], user=USER, group=GROUP, extra_groups=[], cwd="/", **how)


class Weir:
    """A running weir whose JSON lines are read as they come, each with the time it came."""

    def __init__(self, *command, **how):
        self.process = as_nobody(*command, **how)
        self.lines, self.times, self.rest = [], [], b""
        self.over = False

    def read(self, seconds):
        """Takes what is there, waiting at most so long; false at the end."""
        if self.over or not select.select([self.process.stdout], [], [], seconds)[0]:
            return not self.over
        chunk = os.read(self.process.stdout.fileno(), 1 << 20)
        self.over = not chunk
        *whole, self.rest = (self.rest + chunk).split(b"\n")
        now = time.time()
        for line in whole:
            self.lines.append(events(line.decode())[0])
            self.times.append(now)
        return not self.over

    def wait_for(self, condition, seconds=5):
        """Reads until condition(lines) holds; whether it came to hold."""
        deadline = time.monotonic() + seconds * SLOW
        while not condition(self.lines):
            left = deadline - time.monotonic()
            if left <= 0 or not self.read(min(left, 0.05)):
                return condition(self.lines)
        return True

    def started(self):
        """Waits until it captures."""
        if self.wait_for(lambda lines: any(line["event"] == "capture.start" for line in lines)):
            return
        self.end()
        raise RuntimeError(f"weir does not start: {self.said()}")

    def of(self, name):
        return [line for line in self.lines if line["event"] == name]

    def wait_for_count(self, name, count, seconds=5):
        return self.wait_for(lambda _: len(self.of(name)) >= count, seconds)

    def helper(self):
        """The pid of its weir-capture."""
        found = children(self.process.pid)
        return found[0] if found else None

    def end(self, sent=signal.SIGTERM, seconds=5):
        """Signals it and reads to the end; the exit status, or None where it had to be killed."""
        if sent is not None:
            self.process.send_signal(sent)
        deadline = time.monotonic() + seconds * SLOW
        while self.read(0.05) and time.monotonic() < deadline:
            pass
        try:
            return self.process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def said(self):
        """Its standard error, after its end."""
        return said(self.process.stderr.read())


def children(pid):
    """The live and undead children of a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


def gone(pid, seconds=2):
    """Whether a process ends by itself, its zombie included."""
    deadline = time.monotonic() + seconds * SLOW
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def status_of(pid):
    """/proc/PID/status as a dictionary."""
    pairs = (line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: value.strip() for name, value in pairs}


class CaptureService:
    """The helper, listening as root on a socket in `folder`, for a test with a policy file of its own."""

    def __init__(self, helper, policy, folder, rule):
        self.helper = shutil.copy(helper, folder)  # where the user that the service becomes may execute it
        self.policy, self.path = Path(policy), folder / "capture.sock"
        self.policy.parent.mkdir(mode=0o755, exist_ok=True)
        self.allow(rule)
        self.start()

    def allow(self, rule):
        """`rule` alone, or nothing."""
        self.policy.write_text(f"allow {rule}\n" if rule else "# nothing is allowed\n")
        os.chown(self.policy, 0, 0)
        self.policy.chmod(0o644)

    def start(self):
        self.process = subprocess.Popen([self.helper, "--listen", str(self.path)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 5 * SLOW
        while int(status_of(self.process.pid).get("CapAmb", "0"), 16) == 0 and time.monotonic() < deadline:
            time.sleep(0.01)  # once it hands its capability down, it listens
        self.path.chmod(0o666)  # here everybody may ask: the policy decides

    def kill_helpers(self):
        for instance in children(self.process.pid):
            os.kill(instance, signal.SIGKILL)

    def stop(self):
        self.process.terminate()
        return self.process.wait(5)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers what the tests expect: a page, what was posted, a 404, chunks."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment

    def log_message(self, *_):
        pass

    def reply(self, status, body, kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/missing":
            self.reply(404, b"no\n")
        elif self.path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        elif self.path.startswith("/bytes/"):
            self.reply(200, b"x" * int(self.path[7:]), "application/octet-stream")
        else:
            self.reply(200, b"hello " + self.path.encode())

    def do_POST(self):
        self.reply(201, self.rfile.read(int(self.headers["Content-Length"])), "application/json")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address="127.0.0.1"):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, 0), Handler)
        self.port = self.server_address[1]
        self.host = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def handle_error(self, *_):
        """A client that goes away is no news."""


def free_port():
    """A TCP port that nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def curl(*arguments):
    return run("curl", "-s", "--noproxy", "*", *arguments)


class Schema:
    """Every line of a test is valid under the program's own schema."""

    def __init__(self):
        self.validator = jsonschema.Draft202012Validator(json.loads(run(WEIR, "--schema").stdout))

    def check(self, findings, lines):
        for line in lines:
            for error in self.validator.iter_errors(line):
                findings.add(f"not valid under the schema: {error.message} in {line}")


def told(lines):
    """The exchanges of a list of events, as what was said: method, target, status, size."""
    return [(line.get("request", {}).get("method"), line.get("request", {}).get("target"),
             line.get("response", {}).get("status"), line.get("response", {}).get("body", {}).get("size"))
            for line in lines if line["event"] == "http.exchange"]
