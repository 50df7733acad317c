"""weir --connect --reconnect: a service that ends is reached again, with an event for the loss and one for the return;
what was missed in between is called so. The process that connects is walled in, and ends with weir."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from live import SLOW, Installed, Schema, Server, Weir, children, curl, gone, need_root, status_of, told
from weirtest import Findings

TEST_HELPER, POLICY = sys.argv[1:3]  # the helper, built with a policy file of our own


class Service:
    """A listening service that can be stopped and started; its policy lets nobody capture on loopback."""

    def __init__(self, folder):
        self.path = folder / "capture.sock"
        self.allow("user=nobody interface=lo filter=tcp")
        self.start()

    @staticmethod
    def allow(rule):
        Path(POLICY).write_text(f"allow {rule}\n" if rule else "# nothing is allowed\n")
        os.chown(POLICY, 0, 0)
        os.chmod(POLICY, 0o644)

    def start(self):
        self.process = subprocess.Popen([TEST_HELPER, "--listen", str(self.path)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 5 * SLOW
        while self.mode() != 0o660 and time.monotonic() < deadline:  # 0666 is that of the service before
            time.sleep(0.01)
        os.chmod(self.path, 0o666)

    def mode(self):
        return self.path.stat().st_mode & 0o777 if self.path.exists() else None

    def kill_helpers(self):
        for instance in children(self.process.pid):
            os.kill(instance, signal.SIGKILL)

    def stop(self):
        self.process.terminate()
        return self.process.wait(5)


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
    findings.check(service.stop() == 0, "the service does not end")
    findings.check(weir.wait_for_count("capture.lost", 2), "the second loss is not told")
    curl(f"http://{server.host}/unseen")
    service.start()
    findings.check(weir.wait_for_count("capture.resumed", 2, 10), "not resumed after the service came back")
    curl(f"http://{server.host}/after")
    findings.check(weir.wait_for_count("http.exchange", 3), "no exchange after the second return")
    findings.check(weir.end() == 0, f"the end: {weir.said()}")
    findings.check([target for _, target, _, _ in told(weir.lines)] == ["/before", "/between", "/after"],
                   f"told {told(weir.lines)}")
    findings.check([line["reason"] for line in weir.of("capture.lost")] == ["the capture service ended the stream"] * 2,
                   f"why it was lost: {weir.of('capture.lost')}")
    again = weir.of("capture.resumed")
    findings.check(again[0]["attempts"] == 1 and again[1]["attempts"] > 1 and again[1]["outage"] > 0
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
    service.allow("user=nobody interface=lo filter=tcp")


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
    findings.check(status == 1 and said.count("\n") == 1 and "has ended" in said, f"no connector: {status}, {said!r}")

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
        service = Service(installed.scratch)
        try:
            goes_on(findings, schema, installed, service, server)
            calls_missed_bytes_not_captured(findings, installed, service)
            gives_up_where_it_is_refused(findings, schema, installed, service)
            the_connector(findings, installed, service)
        finally:
            findings.check(service.stop() == 0, "the service does not end")
            os.unlink(POLICY)
    findings.finish("--reconnect")


main()
