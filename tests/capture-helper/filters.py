"""Filters that cannot hurt: what a client writes as a filter is compiled where there is nothing to win, only what the kernel
runs is captured with, and no text of a client moves what the policy's filter means."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from capturetest import SANITIZED, Capture, blocks, capable, folder, free_port, own_words, packets, send, statistics
from servicetest import PROGRAM, write_policy
from weirtest import Findings, need_root, run

SLOW = " or ".join(f"portrange {2 * i + 1}-{2 * i + 300}" for i in range(165))  # 6 s for libpcap 1.10.3 here
LONG = " or ".join(f"host ::{i}" for i in range(1, 281))
NAMES = ("host localhost", "host a.example", "net loopback", "port http", "udp portrange ftp-http", "proto foo", "ip proto \\tcp",
         "ether host gateway.example", "ip6 host localhost")
# compiles for some tenths of a second into a program that the kernel takes, and accepts what it is given last
WORK = " or ".join(f"portrange {2 * i + 1}-{2 * i + 300}" for i in range(60))


class Serve:
    """weir-capture --serve for a client of uid 0, held to `rule`."""

    def __init__(self, rule, line, *before):
        write_policy(f"allow user=0 interface=* {rule}\n")
        self.client, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen([*before, PROGRAM, "--serve"], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, cwd="/")
        self.client.settimeout(15)
        self.client.sendall(line.encode() + b"\n")

    def read(self, until):
        data = b""
        while not until(data):
            try:
                piece = self.client.recv(65536)
            except TimeoutError:
                break
            if not piece:
                break
            data += piece
        return data

    def leave(self):
        """How long it stays when its client has gone."""
        self.client.close()
        began = time.monotonic()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        return time.monotonic() - began


def children(pid):
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def end_of(helper, *arguments):
    """(status, what was said), or what it is instead of an end."""
    capture = Capture(helper, *arguments)
    if capture.wait_for(lambda data: len(data) > 100, 8):
        capture.kill()
        return "a capture", own_words(capture.process.stderr.read().decode())
    return capture.process.wait(5), own_words(capture.process.stderr.read().decode())


def check_refusals(findings, helper):
    """One line and status 2, not a capture that libpcap filters by itself."""
    for what, arguments, words in (("a program above 4096 instructions", ["-i", "lo", LONG], "4096"),
                                   ("one that the kernel has no memory for", ["-i", "lo", " or ".join(LONG.split(" or ")[:200])], "the kernel refuses"),
                                   ("jumps backwards", ["-i", "lo", "ip6 protochain 6"], "protochain"),
                                   ("what cooked links lack", ["-i", "any", "link[6] == 3"], "on any")):
        status, error = end_of(helper, *arguments)
        findings.check(status == 2 and error.count("\n") == 1 and words in error, f"{what}: {status} {error[:300]!r}")


def check_names(findings, where, helper):
    for name in NAMES:
        status, error = end_of(helper, "-i", "lo", name)
        findings.check(status == 2 and error.count("\n") == 1 and (SANITIZED or "give the number" in error),
                       f"{name}: {status} {error!r}")
    if shutil.which("strace") is None:
        print("SKIPPED: strace is not installed (what a name makes it do)")
        return
    log = where / "strace"
    for name in NAMES:
        subprocess.run(["timeout", "3", "strace", "-f", "-o", log, helper, "-i", "lo", name], capture_output=True, check=False)
        calls = log.read_text()
        asked = re.findall(r"(?:socket|openat|connect)\([^\n]*(?:AF_INET|AF_UNIX|/etc/(?:nss|host|serv|proto|net|ether))[^\n]* = [0-9]$",
                           calls[calls.find("PR_SET_PDEATHSIG"):], re.M)
        findings.check(SANITIZED or not asked, f"{name} makes it ask {asked}")


def check_slow(findings):
    began = time.monotonic()
    serve = Serve("", f"capture interface=lo buffer=2048 filter={SLOW}")
    child = None
    while child is None and time.monotonic() < began + 2:
        child = next(iter(children(serve.process.pid)), None)
        time.sleep(0.002)
    findings.check(child is not None, "it compiles in no child")
    if child is not None:
        time.sleep(0.2)
        status = Path(f"/proc/{child}/status").read_text()
        held = [os.readlink(entry) for entry in Path(f"/proc/{child}/fd").iterdir()]
        rings = "socket:" in Path(f"/proc/{child}/maps").read_text()
        findings.check(not rings, "packets are in the memory of the child that compiles")
        findings.check(len(held) == 1 and held[0].startswith("pipe:"), f"the child holds {held}")
        findings.check(SANITIZED or "Seccomp:\t2" in status, "the child has no seccomp")
        for row in ("CapInh", "CapPrm", "CapEff", "CapBnd"):
            findings.check(f"{row}:\t0000000000000000" in status, f"the child has {row}")
        findings.check("socket:" in Path(f"/proc/{serve.process.pid}/maps").read_text(), "the parent has no ring to inherit")
    stays = serve.leave()
    findings.check(stays < 1, f"it compiles {stays:.1f} s after its client has left")
    if child is not None:
        time.sleep(0.1)
        gone = Path(f"/proc/{child}/status")
        findings.check(not gone.exists() or "State:\tZ" in gone.read_text(), "the child outlives its parent")
    serve = Serve("", f"capture interface=lo buffer=2048 filter={SLOW}")
    began = time.monotonic()
    answer = serve.read(lambda data: b"\n" in data)
    took = time.monotonic() - began
    findings.check(answer.startswith(b"error bad-filter") and b"too long" in answer and took < 6, f"slow: {took:.1f} s, {answer[:200]}")
    serve.leave()
    return took


def check_counters(findings, helper):
    """What came before the filter stood, and would not have passed, is in no counter."""
    port = free_port()
    capture = Capture(helper, "-i", "lo", "-B", "2048", f"({WORK}) and udp port {port} and src port 1")
    until = time.monotonic() + 20
    while time.monotonic() < until and capture.process.poll() is None and not capture.data:
        send(port, 50)
        capture.pump()
        time.sleep(0.01)
    findings.check(capture.wait_for(lambda data: len(data) > 100, 5), "it did not start")
    status, data, error = capture.end()
    rows = statistics(blocks(data)).get(0, [])
    findings.check(status == 0 and rows and rows[-1] == (0, 0, 0), f"counted from outside the filter: {rows} {error}")


def check_kernel_holds(findings, helper):
    if shutil.which("ss") is None:
        print("SKIPPED: ss is not installed (what the kernel holds)")
        return
    for interface in ("lo", "any"):
        capture = Capture(helper, "-i", interface, "udp port 9").started()
        told = run("ss", "-0", "-b", "-p").stdout
        mine = re.search(rf"pid={capture.process.pid},.*?bpf filter \((\d+)\)", told, re.S)
        findings.check(mine is not None and int(mine.group(1)) > 10, f"{interface}: the kernel holds no filter: {told[-500:]}")
        capture.end()


def check_tagged_twice(findings):
    """A frame with two tags, which `vlan 10 and host 10.0.0.1` refuses, stays outside whatever the client adds."""
    space = f"weir-filters-{os.getpid()}"
    inside = ["ip", "netns", "exec", space]
    twice = ("0200000000010200000000028100000a8100001408004500001c00010000401100000a0000010a000002"
             "0050005a00080000").ljust(120, "0")
    once = ("0200000000010200000000028100000a08004500001c00010000401100000a0000010a0000020050005a00080000").ljust(120, "0")
    sender = ("import socket,sys\ns=socket.socket(socket.AF_PACKET,socket.SOCK_RAW)\ns.bind(('w1',0))\n"
              "for f in sys.argv[1:]: s.send(bytes.fromhex(f))\n")
    try:
        made = [run("ip", "netns", "add", space), run(*inside, "ip", "link", "add", "w0", "type", "veth", "peer", "name", "w1"),
                run(*inside, "ip", "link", "set", "w0", "up"), run(*inside, "ip", "link", "set", "w1", "up")]
        if any(m.returncode for m in made):
            print("SKIPPED: no network namespace with veth can be made here")
            return
        for own in ("not geneve", "", "ip or not ip", "vlan or not vlan"):
            serve = Serve("filter=vlan 10 and host 10.0.0.1", f"capture interface=w0 buffer=2048 filter={own}", *inside)
            data = serve.read(lambda got: b"\n" in got and len(got) > 200)
            run(*inside, sys.executable, "-c", sender, twice, once, twice)
            serve.client.settimeout(0.5)
            try:
                while piece := serve.client.recv(65536):
                    data += piece
            except TimeoutError:
                pass
            serve.leave()
            answer, _, stream = data.partition(b"\n")
            seen = len(packets(blocks(stream))) if answer.startswith(b"ok ") else answer
            findings.check(seen == 1, f"behind the rule's filter {own!r} shows {seen} of 1 packet")
    finally:
        run("ip", "netns", "delete", space)


def main():
    need_root("to hold clients to a policy")
    findings = Findings()
    where = folder()
    helper = capable(where)
    check_refusals(findings, helper)
    check_names(findings, where, helper)
    took = check_slow(findings)
    check_counters(findings, helper)
    check_kernel_holds(findings, helper)
    check_tagged_twice(findings)
    print(f"a filter that would take 6 s ends after {took:.1f} s; {len(NAMES)} names are refused")
    findings.finish("filters")


main()
