"""The stream of a helper with its file capability, run as nobody: blocks, statistics, latency, endings, back-pressure,
several interfaces, refusals; tcpdump and tshark read it."""

import os
import re
import shutil
import socket
import struct
import subprocess
import time

from capturetest import (EPB, IDB, NOBODY, SANITIZED, SHB, Capture, blocks, capable, folder, free_port, options, packets,
                         send, statistics)
from weirtest import SOURCE, Findings, run

STRANGERS = 3


def as_the_page_says(findings, helper, only):
    """Every option of weir-capture(8) is one of --help and does what the page says."""
    page = (SOURCE / "docs" / "man" / "weir-capture.8").read_text()
    told = run(helper, "--help", **NOBODY)
    in_page, in_help = set(re.findall(r"Fl -([a-z-]+)", page)), set(re.findall(r" --([a-z-]+)", told.stdout.replace("[", " ")))
    findings.check(told.returncode == 0 and in_page == in_help | {"interface", "snaplen", "buffer"}, f"options: {in_page ^ in_help}")
    told = run(helper, "--version", **NOBODY)
    findings.check(told.returncode == 0 and re.fullmatch(r"weir-capture [\d.]+ \(walls: .+\)\n", told.stdout), f"--version: {told}")
    walls = "NONE, this is a sanitizer build" if SANITIZED else "landlock, seccomp"
    findings.check(f"(walls: {walls})" in told.stdout, f"--version: {told}")
    for arguments in (["--interface", "lo"], ["-i", "lo", "--snaplen", "262144"], ["-i", "lo", "-B", "2048"],
                      ["-i", "lo", "--buffer=2048"], ["-i", "lo", "--timeout", "1"], ["-i", "lo", "--no-promiscuous"],
                      ["-i", "lo", "--format", "pcapng"], ["-i", "lo", "--direction", "inout"], []):
        capture = Capture(helper, *arguments, only).started()
        name = options(blocks(capture.data)[1][1], 8)[2].decode()
        status, _, error = capture.end(1)  # SIGHUP is one of the three
        findings.check(status == 0 and not error and name == ("lo" if arguments else "any"), f"{arguments}: {status} {name} {error}")
    told = run(helper, "-i", "lo", "--monitor", **NOBODY)
    findings.check(told.returncode == 3 and "setcap cap_net_raw,cap_net_admin+ep " in told.stderr, f"--monitor: {told}")


def main():
    findings = Findings()
    where = folder()
    helper = capable(where)
    port = free_port()
    only = f"udp port {port}"

    # what the blocks say
    capture = Capture(helper, "-i", "lo", "-i", "any", "-s", "96", only).started()
    send(port, 5, 200)
    time.sleep(1.3)
    status, data, error = capture.end()
    found = blocks(data)
    findings.check(status == 0 and not error, f"SIGTERM: status {status}, {error!r}")
    findings.check([kind for kind, _ in found[:3]] == [SHB, IDB, IDB], "the stream opens with a section and two interfaces")
    section = options(found[0][1], 16)
    findings.check(section[4].startswith(b"weir-capture ") and section[1].startswith(b"sandbox: caps=none "), f"{section}")
    for (kind, body), name in zip(found[1:3], (b"lo", b"any")):
        told = options(body, 8)
        findings.check(told[2] == name and told[9] == b"\x09" and told[11] == b"\0" + only.encode(), f"{name}: {told}")
        findings.check(struct.unpack_from("<I", body, 4)[0] == 96, f"{name}: snaplen")
    seen = packets(found)
    on_lo = [p for p in seen if p[0] == 0]
    findings.check(len(on_lo) == 5 and all(p[2] == 242 and len(p[3]) == 96 for p in on_lo), f"lo: {len(on_lo)} packets")
    findings.check(all(abs(p[1] / 1e9 - time.time()) < 10 for p in seen), "times are nanoseconds of now")
    on_any = [p for p in seen if p[0] == 1]
    findings.check(len(on_any) == 5 and all(p[4] in (1, 2) for p in on_any), f"any: {[p[4] for p in on_any]}")
    told = statistics(found)
    findings.check(set(told) == {0, 1} and all(len(rows) >= 2 for rows in told.values()), "statistics each second and at the end")
    # a stranger's packet may be counted between the opening and the filter; on any the kernel counts both copies of a packet
    # on lo, of which libpcap hands over one
    for index, received in ((0, 5), (1, 10)):
        found = told[index][-1]
        findings.check(received <= found[0] < received + STRANGERS and found[1:] == (0, 5), f"received, dropped, delivered: {found}")

    # lo knows one direction only; what came out of it was never handed over
    for way, expected in (("in", 3), ("out", 0), ("inout", 3)):
        capture = Capture(helper, "-i", "lo", "--direction", way, only).started()
        send(port, 3)
        _, data, _ = capture.end()
        findings.check(len(packets(blocks(data))) == expected, f"lo, --direction {way}: {len(packets(blocks(data)))} packets")

    # how soon a packet is through
    for extra in ([], ["--immediate"]):
        capture = Capture(helper, "-i", "lo", *extra, only).started()
        worst = 0.0
        for _ in range(10):
            before, size = time.monotonic(), len(capture.data)
            send(port)
            findings.check(capture.wait_for(lambda data, size=size: len(data) >= size + 100, 2), "a packet did not come")
            worst = max(worst, time.monotonic() - before)
            time.sleep(0.02)
        findings.check(worst < 0.1, f"{extra}: a packet took {worst * 1000:.0f} ms")
        capture.end()

    # a stopped reader: the end comes all the same, and what was written is whole if the reader goes on
    capture = Capture(helper, "-i", "lo", "-B", "2048", only).started()
    send(port, 30000, 1400)
    time.sleep(0.3)
    capture.process.send_signal(15)
    began = time.monotonic()
    status = capture.process.wait(5)
    findings.check(status == 0 and time.monotonic() - began < 1, f"stopped reader: {status}, {time.monotonic() - began:.2f} s")
    findings.check(b"does not read" in capture.process.stderr.read(), "a stopped reader is named on stderr")
    capture = Capture(helper, "-i", "lo", "-B", "2048", only).started()
    send(port, 30000, 1400)
    time.sleep(0.2)
    status, data, _ = capture.end()
    received, dropped, delivered = statistics(blocks(data))[0][-1]  # blocks() raises where one is torn
    findings.check(status == 0 and 30000 <= received < 30000 + STRANGERS and 0 < dropped == 30000 - delivered,
                   f"back-pressure: {received} received, {dropped} dropped, {delivered} delivered")
    findings.check(len(packets(blocks(data))) == delivered, "delivered counts what is in the stream")

    # stopped and continued, and the reader going away while nothing happens
    capture = Capture(helper, "-i", "lo", only).started()
    capture.process.send_signal(19)
    time.sleep(0.1)
    capture.process.send_signal(18)
    send(port)
    findings.check(capture.wait_for(lambda data: any(k == EPB for k, _ in blocks(data)), 3), "nothing after SIGCONT")
    began = time.monotonic()
    capture.process.stdout.close()
    findings.check(capture.process.wait(3) == 0 and time.monotonic() - began < 0.5, "an idle helper ends with its reader")

    # a reader that half-closes its socket gets what there is, the last statistics, and the end
    for flood in (0, 20000):
        ours, theirs = socket.socketpair()
        with theirs:
            capture = Capture(helper, "-i", "lo", only, stdout=theirs)
        data = ours.recv(1 << 16)
        send(port, 4 + flood, 100)
        ours.shutdown(socket.SHUT_WR)
        ours.settimeout(5)
        while piece := ours.recv(1 << 20):
            data += piece
        findings.check(capture.process.wait(3) == 0, f"half-closed: status {capture.process.returncode}")
        received, dropped, delivered = statistics(blocks(data))[0][-1]
        findings.check(delivered == len(packets(blocks(data))) and 0 <= received - dropped - delivered < STRANGERS and delivered >= 4,
                       f"half-closed: {received} {dropped} {delivered}")
        ours.close()

    # files, sockets and other people's readers
    for name, arguments in (("ng", []), ("classic", ["--format", "pcap"])):
        path = where / name
        with open(path, "wb") as file:
            capture = Capture(helper, "-i", "lo", *arguments, only, stdout=file)
            time.sleep(0.4)
            send(port, 3)
            send(port, 2, address="::1")
            time.sleep(0.1)
            capture.process.send_signal(2)
            findings.check(capture.process.wait(5) == 0, f"{name}: SIGINT ends with status 0")
        for reader in (["tcpdump", "-nr"], ["tshark", "-nr"]):
            if shutil.which(reader[0]) is None:
                print(f"SKIPPED: {reader[0]} is not installed")
                continue
            told = run(*reader, path, cwd="/")
            findings.check(told.returncode == 0 and len(told.stdout.splitlines()) == 5, f"{reader[0]} on {name}: {told}")

    as_the_page_says(findings, helper, only)

    # refusals
    for arguments, status, words in (
            (["-i", "lo", "tcp prt 80"], 2, "syntax error"),
            (["-i", "nope0"], 2, "nope0"),
            (["-i", "lo", "-i", "any", "--format", "pcap"], 2, "one interface"),
            (["--timeout", "10", "--immediate"], 2, "exclude"),
            (["-s", "0"], 2, "snaplen"), (["-B", "1"], 2, "buffer"), (["--direction", "up"], 2, "in, out or inout"),
            (["--no-such-option"], 2, "unknown option"), (["--serve", "-i", "lo"], 2, "alone"),
            (["-i", "lo", "x" * 20000], 2, "16384")):
        told = run(helper, *arguments, user=65534, group=65534, extra_groups=[])
        lines = told.stderr.splitlines()
        findings.check(told.returncode == status and lines and lines[-1].startswith("weir-capture: ") and words in lines[-1]
                       and len([line for line in lines if "warning" not in line]) == 1, f"{arguments[:4]}: {told}")
    plain = where / "plain"
    shutil.copyfile(helper, plain)
    plain.chmod(0o755)
    told = run(plain, "-i", "lo", user=65534, group=65534, extra_groups=[])
    findings.check(told.returncode == 3 and f"sudo setcap cap_net_raw+ep {plain}" in told.stderr, f"no capability: {told}")
    told = run(plain, "--list-interfaces", user=65534, group=65534, extra_groups=[])
    findings.check(told.returncode == 0 and {"any", "lo"} <= set(told.stdout.splitlines()), f"--list-interfaces: {told}")
    master, slave = os.openpty()
    told = subprocess.run([helper, "-i", "lo"], stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.PIPE, text=True,
                          check=False, timeout=10, user=65534, group=65534, extra_groups=[])
    findings.check(told.returncode == 2 and "| weir -r -" in told.stderr, f"terminal: {told}")
    os.close(master)
    with open("/dev/full", "wb") as full:
        told = subprocess.run([helper, "-i", "lo"], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=10,
                              **{"user": 65534, "group": 65534, "extra_groups": []})
    findings.check(told.returncode == 1 and "No space left" in told.stderr, f"full disk: {told}")
    findings.finish("the stream")


main()
