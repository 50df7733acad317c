"""weir --connect --reconnect: a service that ends is reached again, with an event for the loss and one for the return;
what was missed in between is called so. The process that connects is walled in, and ends with weir."""

import os
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
from pathlib import Path

from live import SLOW, CaptureService, Installed, Schema, Server, Weir, children, curl, gone, need_root, status_of, told
from weirtest import Findings

HELPER, POLICY = sys.argv[1:3]  # the helper, built with a policy file of our own
RULE = "user=nobody interface=lo filter=tcp"


class FakeService:
    """A socket where each client is told the same."""

    def __init__(self, says, close=True, accepts=True):
        self.folder = tempfile.mkdtemp(prefix="weir-fake-")
        os.chmod(self.folder, 0o755)
        self.path = f"{self.folder}/s"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self.listener.listen(0 if not accepts else 8)
        self.held = []
        if accepts:
            threading.Thread(target=self.serve, args=(says, close), daemon=True).start()

    def serve(self, says, close):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                client.recv(1000)
                client.sendall(says)
            except OSError:
                pass  # it has gone
            client.close() if close else self.held.append(client)

    def client(self):
        s = socket.socket(socket.AF_UNIX)
        s.setblocking(False)
        try:
            s.connect(self.path)
        except BlockingIOError:
            pass
        return s

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for client in self.held:
            client.close()
        shutil.rmtree(self.folder)


def section():
    """A section and an interface, as the helper writes them."""
    return (struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
            + struct.pack("<IIHHII", 1, 20, 1, 0, 262144, 20))


def connect(installed, service, port):
    """A weir that sees this port alone: other tests may be at work on loopback."""
    weir = Weir(installed.weir, "--connect", service.path, "--reconnect", "-i", "lo", f"tcp port {port}")
    weir.started()
    return weir


def goes_on(findings, schema, installed, service, server):
    """Killed helpers, then a service that is away for a while: every exchange of a time with a capture is told."""
    weir = connect(installed, service, server.port)
    curl(f"http://{server.host}/before")
    findings.check(weir.wait_for_count("http.exchange", 1), "no exchange before the loss")
    service.kill_helpers()
    findings.check(weir.wait_for_count("capture.resumed", 1), f"not resumed: {weir.lines[-1]}")
    curl(f"http://{server.host}/between")
    findings.check(weir.wait_for_count("http.exchange", 2), "no exchange after the first return")
    service.kill_helpers()
    findings.check(weir.wait_for_count("capture.resumed", 2, 10), f"not resumed again: {weir.lines[-1]}")
    findings.check(service.stop() == 0, "the service does not end")
    findings.check(weir.wait_for_count("capture.lost", 3), "the third loss is not told")
    curl(f"http://{server.host}/unseen")
    weir.read(1)  # attempts that fail
    service.start()
    findings.check(weir.wait_for_count("capture.resumed", 3, 10), "not resumed after the service came back")
    curl(f"http://{server.host}/after")
    findings.check(weir.wait_for_count("http.exchange", 3), "no exchange after the last return")
    findings.check(weir.end() == 0, f"the end: {weir.said()}")
    findings.check([target for _, target, _, _ in told(weir.lines)] == ["/before", "/between", "/after"],
                   f"told {told(weir.lines)}")
    findings.check([line["reason"] for line in weir.of("capture.lost")] == ["the capture service ended the stream"] * 3,
                   f"why it was lost: {weir.of('capture.lost')}")
    again = weir.of("capture.resumed")
    findings.check([line["attempts"] for line in again[:2]] == [1, 1] and again[2]["attempts"] > 1 and again[2]["outage"] > 0
                   and again[0]["interfaces"] == weir.lines[0]["interfaces"], f"how it came back: {again}")
    findings.check(bool(os.environ.get("WEIR_SANITIZE")) or "landlock=" in again[0]["sandbox"]["helper"],
                   f"the walls of the new helper: {again[0]}")
    kernel = weir.lines[-1]["totals"]["kernel"]
    findings.check(kernel["waiting"] == 0 and kernel["received"] == kernel["not_handed_over"] + weir.lines[-1]["totals"]["delivered"],
                   f"the ledger: {weir.lines[-1]}")
    schema.check(findings, weir.lines)


def calls_missed_bytes_not_captured(findings, installed, service):
    """A response that is sent in part while nobody captures."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    weir = connect(installed, service, client.getpeername()[1])
    client.sendall(b"GET /split HTTP/1.1\r\nHost: a\r\n\r\n")
    server.recv(1000)
    server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n" + b"x" * 10)
    client.recv(1000)
    weir.read(0.2)
    findings.check(service.stop() == 0, "the service does not end")
    findings.check(weir.wait_for_count("capture.lost", 1), "the loss is not told")
    server.sendall(b"y" * 10)
    client.recv(1000)
    service.start()
    findings.check(weir.wait_for_count("capture.resumed", 1, 10), "not resumed")
    server.sendall(b"z" * 10)
    client.recv(1000)
    client.close()
    server.close()
    findings.check(weir.wait_for_count("http.exchange", 1), "the split exchange is not told")
    weir.end()
    missing = weir.of("http.exchange")[0].get("missing") if weir.of("http.exchange") else None
    findings.check(missing == {"response": 10, "cause": "not_captured"}, f"what was missed: {missing}")


def says_so_beside_a_file(findings, installed, service):
    """Who reads standard error, as of a service in the journal, hears that the capture is lost, and that it is back."""
    log = installed.scratch / "log"
    weir = Weir(installed.weir, "--connect", service.path, "--reconnect", "-i", "lo", "-o", log, "tcp port 1")

    def wait_for(event):
        deadline = time.monotonic() + 10 * SLOW
        while not (log.exists() and f'"event":"{event}"' in log.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)

    wait_for("capture.start")
    service.kill_helpers()
    wait_for("capture.resumed")
    status, said = weir.end(), weir.said().splitlines()
    findings.check(status == 0 and len(said) == 2 and said[0].startswith("weir: the capture is lost: the capture service ended")
                   and said[1] == "weir: the capture is back, after 1 attempt; capturing on lo", f"beside a file: {status} {said}")


def gives_up_where_it_is_refused(findings, schema, installed, service):
    weir = connect(installed, service, 1)
    service.allow(None)
    service.kill_helpers()
    status, said = weir.end(None), weir.said()
    findings.check(status == 3 and said.count("\n") == 1 and "no rule" in said, f"refused: status {status}, said {said!r}")
    findings.check(weir.lines[-1]["event"] == "capture.end" and weir.lines[-1]["reason"] == "failed"
                   and "no rule" in weir.lines[-1]["error"] and weir.lines[-2]["event"] == "capture.lost",
                   f"refused: the last lines are {weir.lines[-2:]}")
    schema.check(findings, weir.lines)
    service.allow(RULE)


def says_why_it_cannot(findings, installed, service):
    """What the service answers is told, and told once; an interface that may come back does not end it."""
    weir = connect(installed, service, 1)
    Path(POLICY).write_text("allow nobody\n")
    service.kill_helpers()
    findings.check(weir.wait_for_count("capture.lost", 1), "the loss is not told")
    weir.read(1.5 * SLOW)
    service.allow(RULE)
    findings.check(weir.wait_for_count("capture.resumed", 1, 10), "not resumed when the policy was mended")
    findings.check(weir.end() == 0, "the end")
    said = weir.said()
    findings.check(said.count("\n") == 1 and ":1:7:" in said and "trying again" in said, f"a broken policy: {said!r}")


def ends_in_order_where_the_stream_broke(findings, installed, service):
    """Its last stream ended within a record: that is told by capture.lost, and is no failure of an end that was asked for."""
    with FakeService(b"ok\n" + section() + b"\x06\0\0\0\x40\0\0\0half") as fake:
        weir = Weir(installed.weir, "--connect", fake.path, "--reconnect", "-i", "lo")
        findings.check(weir.wait_for_count("capture.lost", 1) and "within a record" in weir.of("capture.lost")[0]["reason"],
                       f"a broken stream: {weir.lines}")
        plain = Weir(installed.weir, "--connect", fake.path, "-i", "lo")
        status, said = plain.end(None), plain.said()
        findings.check(status == 1 and said.count("\n") == 1 and "nobody asked it to: it ends within a record" in said
                       and plain.lines[-1]["reason"] == "failed", f"a broken stream: {status} {said!r}")
        status, said = weir.end(), weir.said()
        findings.check(status == 0 and weir.lines[-1]["reason"] == "interrupted", f"its end: {status} {said!r} {weir.lines[-1]}")


def waits_with_a_bound(findings, installed):
    """A service that is mute, or grants and sends nothing, or takes no client: a signal ends it at once, time does too."""
    for says in (b"", b"ok\n"):
        with FakeService(says, close=False) as fake:
            weir = Weir(installed.weir, "--connect", fake.path, "-i", "lo")
            weir.read(0.3)
            started = time.monotonic()
            status = weir.end(seconds=4)
            findings.check(status == 0 and time.monotonic() - started < 4 * SLOW, f"SIGTERM, {says}: {status} {weir.said()!r}")
            weir = Weir(installed.weir, "--connect", fake.path, "-i", "lo")
            status, said = weir.end(None, seconds=15), weir.said()
            word = "nothing" if says else "no answer"
            findings.check(status == 1 and said.count("\n") == 1 and word in said, f"{says}: {status} {said!r}")
    with FakeService(b"", accepts=False) as fake:
        crowd = [fake.client() for _ in range(4)]
        weir = Weir(installed.weir, "--connect", fake.path, "-i", "lo")
        status, said = weir.end(None, seconds=15), weir.said()
        findings.check(status == 1 and "timed out" in said, f"a full backlog: {status} {said!r}")
        for client in crowd:
            client.close()


def the_connector(findings, installed, service):
    """Walled in, with nothing open but its channel; gone with weir, however that ends, and weir says where it is gone."""
    weir = connect(installed, service, 1)
    connector, = children(weir.process.pid)
    status = status_of(connector)
    findings.check(status["NoNewPrivs"] == "1" or os.environ.get("WEIR_SANITIZE"), f"the connector: {status}")
    findings.check(status["Seccomp"] == "2" or os.environ.get("WEIR_SANITIZE"), f"the connector: {status}")
    findings.check(int(status["CapPrm"], 16) == 0, f"the connector: {status}")
    opened = sorted(int(fd) for fd in os.listdir(f"/proc/{connector}/fd"))
    findings.check(opened == [2, 3], f"the connector has {opened} open")
    weir.process.kill()
    weir.process.wait()
    findings.check(gone(connector), "the connector outlives weir")

    weir = connect(installed, service, 1)
    connector, = children(weir.process.pid)
    os.kill(connector, signal.SIGKILL)
    service.kill_helpers()
    status, said = weir.end(None), weir.said()
    findings.check(status == 1 and said.count("has ended") == 2 and said.startswith("weir: warning: ")
                   and weir.lines[-1]["reason"] == "failed", f"no connector: {status}, {said!r}")

    weir = connect(installed, service, 1)
    connector, = children(weir.process.pid)
    service.stop()
    findings.check(weir.wait_for_count("capture.lost", 1), "the loss is not told")
    findings.check(weir.end() == 0 and weir.lines[-1]["reason"] == "interrupted", f"an end while lost: {weir.lines[-1]}")
    findings.check(gone(connector), "the connector outlives weir")
    service.start()


def main():
    need_root("curl")
    findings, schema, server = Findings(), Schema(), Server()
    with Installed() as installed:
        service = CaptureService(HELPER, POLICY, installed.folder, RULE)
        try:
            goes_on(findings, schema, installed, service, server)
            calls_missed_bytes_not_captured(findings, installed, service)
            says_so_beside_a_file(findings, installed, service)
            gives_up_where_it_is_refused(findings, schema, installed, service)
            says_why_it_cannot(findings, installed, service)
            ends_in_order_where_the_stream_broke(findings, installed, service)
            waits_with_a_bound(findings, installed)
            the_connector(findings, installed, service)
        finally:
            findings.check(service.stop() == 0, "the service does not end")
            os.unlink(POLICY)
    findings.finish("--reconnect")


main()
