"""weir.service on a real systemd (machine.py): the events arrive, a killed helper and a restarted socket are told and survived,
the file is rotated, a hung weir is restarted by its watchdog, a full disk does not end it for good, and stopping leaves
nothing."""

import json
import os
import textwrap
import time

from machine import Machine, install, overlay
from weirtest import Findings, events

TRAFFIC = textwrap.dedent('''
    """Runs inside: serves one page on loopback and asks for it by the paths that it is given."""
    import http.client, http.server, sys, threading
    class Page(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")
        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for path in sys.argv[1:]:
        client = http.client.HTTPConnection("127.0.0.1", server.server_port)
        client.request("GET", path)
        assert client.getresponse().read() == b"hello"
        client.close()
''')


class Service:
    """weir.service, and what it has written so far."""

    def __init__(self, machine):
        self.machine = machine
        self.log = machine.root / "var/log/weir/events.jsonl"

    def property(self, name):
        return self.machine.inside("systemctl", "show", "-P", name, "weir.service").stdout.strip()

    def lines(self):
        """What is written, but for lines that a full disk has cut: `torn` counts those."""
        text = self.log.read_text() if self.log.exists() else ""
        lines, self.torn = [], 0
        for line in text[:text.rfind("\n") + 1].splitlines():
            try:
                lines += events(line)
            except json.JSONDecodeError:
                self.torn += 1
        return lines

    def wait_for(self, holds, seconds=15):
        """Whether it comes to hold of the lines."""
        deadline = time.monotonic() + seconds
        while not holds(self.lines()):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def tells(self, path):
        """Whether a request that is made now is told."""
        self.machine.inside("/usr/bin/python3", "/usr/share/weir-traffic.py", path)
        return self.wait_for(lambda lines: any(line["event"] == "http.exchange" and line["request"]["target"] == path
                                               and line["response"]["status"] == 200 for line in lines))

    def count(self, event):
        return sum(line["event"] == event for line in self.lines())


def starts(findings, machine, service):
    started = machine.inside("systemctl", "start", "weir.service")
    findings.check(started.returncode == 0, f"systemctl start: {started.stderr} {machine.journal('-u', 'weir.service')}")
    findings.check(service.property("StatusText") == "capturing on lo", f"its status: {service.property('StatusText')}")
    findings.check(service.tells("/first"), f"no event: {machine.journal('-u', 'weir.service')}")
    status = machine.inside("cat", f"/proc/{service.property('MainPID')}/status").stdout
    state = dict(line.split(":", 1) for line in status.splitlines())
    uid = machine.inside("id", "-u", "weir").stdout.strip()
    findings.check(state["Uid"].split() == [uid] * 4 and state["NoNewPrivs"].strip() == "1"
                   and all(int(state[k], 16) == 0 for k in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")), f"its state: {status}")
    walls = service.lines()[0].get("sandbox", {})
    findings.check(os.environ.get("WEIR_SANITIZE") or all("seccomp" in walls.get(k, "") for k in ("helper", "dissector")), f"its walls: {walls}")


def survives(findings, machine, service):
    machine.inside("kill", "-KILL", *machine.pids("weir-capture"))
    findings.check(service.wait_for(lambda _: service.count("capture.resumed") == 1), f"a killed helper: {service.lines()[-1]}")
    findings.check(service.tells("/after-a-killed-helper"), "no event after a killed helper")
    machine.inside("systemctl", "restart", "weir-capture.socket")
    machine.inside("kill", "-TERM", *machine.pids("weir-capture"))
    findings.check(service.wait_for(lambda _: service.count("capture.resumed") == 2), f"a restarted socket: {service.lines()[-1]}")
    findings.check(service.tells("/after-a-restarted-socket"), "no event after a restarted socket")
    findings.check(service.count("capture.lost") == 2 and service.count("capture.start") == 1
                   and service.property("NRestarts") == "0", "it did not survive in one piece")
    journal = machine.journal("-u", "weir.service")
    findings.check(journal.count("the capture is lost") == 2 and journal.count("the capture is back") == 2, f"the journal: {journal}")


def is_rotated(findings, machine, service):
    if not (machine.root / "usr/sbin/logrotate").exists():
        print("SKIPPED: logrotate is not installed; the rotation was not tried")
        return
    rotated = machine.inside("/usr/sbin/logrotate", "--force", "--state", "/tmp/state", "/etc/logrotate.d/weir")
    findings.check(rotated.returncode == 0, f"logrotate: {rotated.stderr}")
    findings.check(service.tells("/after-a-rotation"), "no event after a rotation")
    old = service.log.with_name("events.jsonl.1")
    findings.check("/first" in old.read_text() and service.count("capture.start") == 0, "nothing was rotated")
    findings.check(old.stat().st_mode & 0o777 == 0o640, f"mode {old.stat().st_mode:o}")


def is_watched(findings, machine, service):
    machine.inside("kill", "-STOP", service.property("MainPID"))
    deadline = time.monotonic() + 30
    while service.property("NRestarts") != "1" and time.monotonic() < deadline:
        time.sleep(0.2)
    findings.check(service.property("NRestarts") == "1", f"a hung weir is not restarted: {machine.journal('-u', 'weir.service')}")
    findings.check(service.wait_for(lambda lines: any(line["event"] == "capture.start" for line in lines)), "it does not start again")
    findings.check(service.tells("/after-the-watchdog"), "no event after the watchdog")


def outlives_a_full_disk(findings, machine, service):
    """A small file system as its folder, filled from elsewhere for many times as long as it takes to start again."""
    folder = "/var/log/weir"
    machine.inside("systemctl", "stop", "weir.service")
    mounted = machine.inside("mount", "-t", "tmpfs", "-o", "size=4m,mode=0750", "tmpfs", folder)
    machine.inside("systemctl", "start", "weir.service")
    restarts = service.property("NRestarts")
    findings.check(mounted.returncode == 0 and service.tells("/before-it-is-full"), f"no small disk: {mounted.stderr}")
    machine.inside("dd", "if=/dev/zero", f"of={folder}/filler", "bs=64k")
    machine.inside("/usr/bin/python3", "/usr/share/weir-traffic.py", *(f"/full-{i}" for i in range(200)))
    deadline = time.monotonic() + 15
    while "No space left" not in machine.journal("-u", "weir.service") and time.monotonic() < deadline:
        time.sleep(0.1)
    findings.check("No space left" in machine.journal("-u", "weir.service"), "the journal does not say that the disk is full")
    time.sleep(4)
    state = service.property("ActiveState")
    findings.check(state in ("active", "activating"), f"a full disk ended it: {state} {machine.journal('-u', 'weir.service')[-2000:]}")
    machine.inside("rm", f"{folder}/filler")
    told, deadline = False, time.monotonic() + 20
    while not told and time.monotonic() < deadline:
        machine.inside("/usr/bin/python3", "/usr/share/weir-traffic.py", "/after-a-full-disk")
        told = service.wait_for(lambda lines: any(line["event"] == "http.exchange" and line.get("request", {}).get("target") == "/after-a-full-disk"
                                                  for line in lines), 1)
    findings.check(told, f"no event when there is room again: {machine.journal('-u', 'weir.service')[-2000:]}")
    journal = machine.journal("-u", "weir.service")
    findings.check(service.torn == 0 and service.count("capture.start") == 1 and service.property("NRestarts") == restarts
                   and journal.count("has room again; 0 events were dropped") >= 1, f"{service.torn} lines are cut: {journal[-2000:]}")


def stops(findings, machine, service):
    machine.inside("systemctl", "stop", "weir.service", "weir-capture.socket")
    findings.check(service.lines()[-1]["event"] == "capture.end" and service.lines()[-1]["reason"] == "interrupted",
                   f"the last line: {service.lines()[-1]}")
    time.sleep(0.5)
    findings.check(not machine.pids("weir", "weir-capture"), "processes are left")
    findings.check(service.property("Result") == "success", f"its result: {service.property('Result')}")


def main():
    root = overlay()
    install(root)
    (root / "usr/share/weir-traffic.py").write_text(TRAFFIC)
    (root / "etc/default/weir").write_text("WEIR_OPTIONS=-i lo --stats-interval 0 tcp\n")
    sooner = root / "etc/systemd/system/weir.service.d/sooner.conf"
    sooner.parent.mkdir(parents=True)
    # the leak checker of a sanitizer build traces, which the unit forbids
    sooner.write_text("[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\nWatchdogSec=2\nRestartSec=100ms\nTimeoutAbortSec=2\nTimeoutStopSec=20\n")
    findings, machine = Findings(), Machine(root)
    service = Service(machine)
    starts(findings, machine, service)
    if not os.environ.get("WEIR_SANITIZE"):
        result, said = machine.verify("weir.service", "/usr/bin/weir")
        findings.check(result == "success" and "NOT" not in said and "were stopped" in said, f"--verify inside weir.service: {result} {said[-3000:]}")
    survives(findings, machine, service)
    is_rotated(findings, machine, service)
    is_watched(findings, machine, service)
    outlives_a_full_disk(findings, machine, service)
    stops(findings, machine, service)
    machine.stop()
    findings.finish("weir.service on systemd")


main()
