"""A reader that stops: weir waits in bounded memory, the helper blocks, the kernel drops, and the ledger says so when
the reader goes on. While it waits, SIGTERM still ends it."""

import json
import signal
import socket
import threading
import time

from live import SLOW, Installed, Schema, Server, Weir, gone, need_root, status_of
from weirtest import Findings

SMALL_RING = ("-B", "2048")


def resident_kib(pid):
    return int(status_of(pid)["VmRSS"].split()[0])


def hammer(port, stop, sent):
    """Exchanges as fast as one keep-alive connection can, each a line of JSON for weir."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        reader = s.makefile("rb")
        while not stop.is_set():
            s.sendall(b"GET /bytes/3000 HTTP/1.1\r\nHost: a\r\nX-Fill: " + b"y" * 3000 + b"\r\n\r\n")
            length = 0
            while (line := reader.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            reader.read(length)
            sent[0] += 1


def stall(installed, *options):
    """A weir whose reader has stopped, with traffic until the kernel must have dropped some."""
    server = Server()
    weir = Weir(installed.weir, "-i", "lo", *SMALL_RING, "--raw-headers", *options, f"tcp port {server.port}")
    weir.started()
    stop, sent = threading.Event(), [0]
    threading.Thread(target=hammer, args=(server.port, stop, sent), daemon=True).start()
    return weir, stop, sent


def spares_the_other_outputs(findings, installed):
    """Of several outputs of a live capture a stopped one loses events of its own, which are counted, and nothing else stops."""
    beside = installed.scratch / "beside"
    weir, stop, _ = stall(installed, "-o", "-", "-o", beside)
    deadline = time.monotonic() + 30 * SLOW
    while beside.stat().st_size < 8 << 20 and time.monotonic() < deadline:  # what the pipe and the backlog hold, and more
        time.sleep(0.1)
    stop.set()
    status = weir.end()
    whole, dropped = [json.loads(line) for line in beside.read_text().splitlines()], weir.lines[-1].get("outputs", [{}])[0].get("dropped", 0)
    findings.check(status == 0 and beside.stat().st_size >= 8 << 20, f"beside a stopped reader: status {status}, {beside.stat().st_size} bytes")
    findings.check(dropped > 0 and len(weir.lines) + dropped == len(whole) and weir.lines[-1] == whole[-1],
                   f"{len(weir.lines)} events and {dropped} dropped, of {len(whole)}")
    findings.check("the reader of standard output was too slow" in weir.said(), "nothing is said of a slow reader")


def main():
    need_root()
    findings, schema = Findings(), Schema()
    with Installed() as installed:
        spares_the_other_outputs(findings, installed)
        weir, stop, sent = stall(installed, "--events", "capture.*,http.exchange,tcp.close,tcp.gap")
        helper = weir.helper()
        time.sleep(1)  # nobody reads from here on
        at_first = resident_kib(weir.process.pid), resident_kib(helper)
        before = sent[0]
        time.sleep(4)
        later = resident_kib(weir.process.pid), resident_kib(helper)
        print(f"{sent[0]} exchanges, KiB resident (weir, helper) {at_first}, then {later}")
        findings.check(sent[0] - before > 500, f"only {sent[0]} exchanges: the test shows nothing")
        for was, now in zip(at_first, later):
            findings.check(now < was + 2048 * SLOW, f"memory grows while nobody reads: {was} KiB, then {now}")
        weir.wait_for(lambda lines: any(line["totals"].get("kernel", {}).get("dropped", 0) > 0
                                        for line in lines if line["event"] == "capture.stats"), seconds=1)
        weir.wait_for(lambda _: weir.of("tcp.gap"))  # the connection goes on behind what was dropped
        stop.set()
        findings.check(weir.end() == 0, f"after the stall: {weir.said()}")
        kernel = weir.lines[-1]["totals"]["kernel"]
        findings.check(kernel["dropped"] > 0, f"the kernel dropped nothing, it says: {kernel}")
        gaps = weir.of("tcp.gap")
        findings.check(gaps and all(gap["cause"] == "kernel_drop" for gap in gaps),
                       f"on loopback nobody else loses packets: {[(gap['length'], gap['cause']) for gap in gaps]}")
        at_once = [line for line in weir.lines if line.get("reason") == "drops"]
        findings.check(at_once and at_once[0]["totals"]["kernel"]["dropped"] > 0, "no line reports the drops when they happen")
        findings.check(kernel["received"] == kernel["dropped"] + kernel["not_handed_over"]
                       + weir.lines[-1]["totals"]["delivered"] + kernel["waiting"], f"the ledger: {weir.lines[-1]}")
        schema.check(findings, weir.lines)

        weir, stop, sent = stall(installed)
        helper = weir.helper()
        time.sleep(2)
        began = time.monotonic()
        weir.process.send_signal(signal.SIGTERM)
        status = weir.process.wait(10)  # still nobody reads
        took = time.monotonic() - began
        stop.set()
        findings.check(status == 1, f"SIGTERM in a stall: status {status}")
        findings.check(took < 3 * SLOW, f"SIGTERM in a stall: took {took:.1f} s")
        said = weir.said()
        findings.check(said.startswith("weir: the reader of standard output has stopped; ") and said.count("\n") == 1,
                       f"SIGTERM in a stall: said {said!r}")
        findings.check(gone(helper), "SIGTERM in a stall: its weir-capture is still there")
    findings.finish("back-pressure")


main()
