"""weir --connect: a capture from a running service, by its policy. What is granted is told, what is refused is weir's own
line and status, the end is in order, and a service that goes away is said."""

import os
import sys

from live import CaptureService, Installed, Schema, Server, Weir, curl, gone, need_root, told
from weirtest import Findings

HELPER, POLICY = sys.argv[1:3]  # the helper, built with a policy file of our own


def ends_in_order(findings, schema, installed, path, server, other):
    weir = Weir(installed.weir, "--connect", path, "-i", "lo", "tcp")
    weir.started()
    curl(f"http://{other.host}/outside")  # the mandatory filter keeps this from us
    curl(f"http://{server.host}/a", f"http://{server.host}/missing")
    weir.wait_for_count("http.exchange", 2)
    findings.check(weir.end() == 0, f"status of a capture: {weir.said()}")
    findings.check(told(weir.lines) == [("GET", "/a", 200, 8), ("GET", "/missing", 404, 3)], f"told {told(weir.lines)}")
    last = weir.lines[-1]
    findings.check(last["event"] == "capture.end" and last["reason"] == "interrupted"
                   and last["totals"]["kernel"]["waiting"] == 0, f"the last line is {last}")
    findings.check("helper" in weir.lines[0].get("sandbox", {}), f"the walls are not told: {weir.lines[0]}")
    schema.check(findings, weir.lines)


def refuses(findings, installed, what, arguments, status, word):
    weir = Weir(installed.weir, *arguments)
    got, said = weir.end(None), weir.said()
    findings.check(got == status and said.startswith("weir: ") and said.count("\n") == 1 and word in said,
                   f"{what}: status {got}, said {said!r}")


def says_that_it_went(findings, installed, service):
    weir = Weir(installed.weir, "--connect", service.path, "-i", "lo")
    weir.started()
    service.kill_helpers()
    findings.check(weir.end(None) == 1, "a service that went away: not status 1")
    findings.check(weir.said().count("\n") == 1 and weir.lines[-1]["reason"] == "failed",
                   f"a service that went away: {weir.lines[-1]}")


def main():
    need_root("curl")
    findings, schema = Findings(), Schema()
    server, other = Server(), Server()
    with Installed() as installed:
        service = CaptureService(HELPER, POLICY, installed.folder, f"user=nobody interface=lo filter=tcp port {server.port}")
        path = service.path
        try:
            ends_in_order(findings, schema, installed, path, server, other)
            ask = ("--connect", path, "-i")
            refuses(findings, installed, "no rule", [*ask, "any"], 3, "no rule")
            refuses(findings, installed, "bad filter", [*ask, "lo", "tcp prot"], 2, "syntax error")
            refuses(findings, installed, "bad snaplen", [*ask, "lo", "-s", "many"], 2, "snaplen")
            refuses(findings, installed, "two lines", [*ask, "lo", "tcp\nudp"], 2, "one line")
            refuses(findings, installed, "no service", ["--connect", installed.scratch / "nosuch"], 1, "cannot connect")
            refuses(findings, installed, "with -r", ["--connect", path, "-r", "x"], 2, "-r")
            says_that_it_went(findings, installed, service)
        finally:
            findings.check(service.stop() == 0 and gone(service.process.pid), "the service does not end")
            os.unlink(POLICY)
    findings.finish("--connect")


main()
