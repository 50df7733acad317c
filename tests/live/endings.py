"""However it ends, it ends in order: signals, a reader that has gone, a dead helper, a dead weir. No zombie and no
orphan remains, the last lines are there, the status is the documented one."""

import os
import signal
import socket
import subprocess

from live import SLOW, Installed, Schema, Server, Weir, as_nobody, children, curl, gone, need_root
from weirtest import Findings, said


class Ending:
    """A capture with one open connection, and what is common to all ends."""

    def __init__(self, installed, findings, name, *options):
        self.findings, self.name = findings, name
        self.server = Server()
        self.weir = Weir(installed.weir, "-i", "lo", *options, f"tcp port {self.server.port}")
        self.weir.started()
        self.helper = self.weir.helper()
        self.check(self.helper is not None, "no weir-capture runs")
        self.client = socket.create_connection(("127.0.0.1", self.server.port))
        self.client.sendall(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        self.check(self.weir.wait_for_count("http.exchange", 1), "the first exchange is not told")

    def check(self, holds, what):
        self.findings.check(holds, f"{self.name}: {what}")

    def over(self, status, expected=0):
        self.client.close()
        self.check(status == expected, f"status {status}, not {expected}: {self.weir.said()}")
        self.check(gone(self.helper), "its weir-capture is still there")

    def check_last_lines(self, reason):
        reasons = [close["reason"] for close in self.weir.of("tcp.close")]
        self.check("end_of_capture" in reasons, f"closed by {reasons}")
        self.check(self.weir.lines[-1].get("event") == "capture.end" and self.weir.lines[-1]["reason"] == reason,
                   f"the last line is {self.weir.lines[-1]}")


def ends_by_signal(installed, findings, schema):
    for sent in (signal.SIGINT, signal.SIGTERM):
        e = Ending(installed, findings, sent.name)
        e.over(e.weir.end(sent))
        e.check_last_lines("interrupted")
        kernel = e.weir.lines[-1]["totals"].get("kernel")
        e.check(kernel is not None and kernel["waiting"] == 0 and kernel["dropped"] == 0
                and kernel["received"] == e.weir.lines[-1]["totals"]["delivered"] + kernel["not_handed_over"] > 0,
                f"the ledger does not close: {e.weir.lines[-1]}")
        e.check(e.weir.said() == "", "it had something to say")
        schema.check(findings, e.weir.lines)


def reports_when_asked(installed, findings, schema):
    e = Ending(installed, findings, "SIGUSR1")
    for count in (1, 2, 3):
        e.weir.process.send_signal(signal.SIGUSR1)
        e.check(e.weir.wait_for_count("capture.stats", count, seconds=1), f"report {count} does not come")
    e.over(e.weir.end())
    schema.check(findings, e.weir.lines)


def ends_when_its_reader_goes(installed, findings, _):
    e = Ending(installed, findings, "closed stdout")
    e.weir.process.stdout.close()
    e.weir.over = True
    curl(f"http://{e.server.host}/b")
    e.check(gone(e.weir.process.pid, 0) or e.weir.process.wait(5) == 0, "it did not end")
    e.over(e.weir.process.returncode)
    e.check(e.weir.said() == "", "it had something to say")


def ends_with_a_reader_that_is_silent(installed, findings, _):
    """Nothing is captured and nothing is to be written: the end of the reader alone ends it, and its helper."""
    options = ("-i", "lo", "--json", "--stats-interval", "0", "tcp port 1")
    for kind in ("pipe", "socket"):
        if kind == "pipe":
            read_end, write_end = os.pipe()
        else:
            read_end, write_end = (s.detach() for s in socket.socketpair())
        weir = as_nobody(installed.weir, *options, stdout=write_end)
        os.close(write_end)
        findings.check(b"capture.start" in os.read(read_end, 65536), f"{kind}: it does not start")
        helper = children(weir.pid)[0]
        os.close(read_end)
        try:
            status = weir.wait(3 * SLOW)
        except subprocess.TimeoutExpired:
            status = None
            weir.kill()
        findings.check(status == 0 and gone(helper), f"silent {kind}: status {status}")
        findings.check(said(weir.stderr.read()) == "", f"silent {kind}: it had something to say")


def ends_with_its_parent(installed, findings, _):
    """A program that starts weir and is killed, as a GUI may be, takes weir and the helper along."""
    script = ("import subprocess, sys, time; w = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE); w.stdout.readline(); "
              "print(w.pid, flush=True); time.sleep(60)")
    parent = as_nobody("/usr/bin/python3", "-c", script, installed.weir, "-i", "lo", "--json", "--stats-interval", "0", "tcp port 1")
    weir = int(parent.stdout.readline())
    helper = children(weir)[0]
    parent.kill()
    parent.wait()
    findings.check(gone(weir) and gone(helper), "a killed parent: weir or its helper is still there")


def says_that_its_helper_died(installed, findings, schema):
    e = Ending(installed, findings, "dead helper")
    os.kill(e.helper, signal.SIGKILL)
    status = e.weir.end(None)
    e.check_last_lines("failed")
    said = e.weir.said()
    e.check(said == "weir: weir-capture was ended by signal 9\n", f"it said {said!r}")
    e.check(e.weir.lines[-1]["error"] in said, f"the last line is {e.weir.lines[-1]}")
    e.over(status, 1)
    schema.check(findings, e.weir.lines)


def takes_its_helper_along(installed, findings, _):
    e = Ending(installed, findings, "dead weir")
    e.weir.process.kill()
    e.over(e.weir.process.wait(), -signal.SIGKILL)
    quiet = Weir(installed.weir, "-i", "lo", "tcp port 1")  # no packet ever tells the helper
    quiet.started()
    helper = quiet.helper()
    quiet.process.kill()
    quiet.process.wait()
    findings.check(gone(helper, 3), "dead weir, no traffic: its weir-capture is still there")


def main():
    need_root("curl")
    findings, schema = Findings(), Schema()
    before = set(children(os.getpid()))
    with Installed() as installed:
        for part in (ends_by_signal, reports_when_asked, ends_when_its_reader_goes, ends_with_a_reader_that_is_silent,
                     ends_with_its_parent, says_that_its_helper_died, takes_its_helper_along):
            part(installed, findings, schema)
    left = set(children(os.getpid())) - before
    findings.check(not left, f"children remain: {left}")
    findings.finish("every end")


main()
