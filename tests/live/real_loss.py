"""Real loss: curl between two network namespaces over a path that loses, reorders, doubles and delays packets, captured at
both ends. What Weir says of it is what the kernels at both ends count (nstat, ss -ti; docs/tcp.md says what is compared with
what), and no exchange is lost that both ends completed.

The path is tc's netem where this kernel has it, and otherwise a relay between two packet sockets in a third namespace: the same
four troubles, its seed printed. Must make no traffic outside of the namespaces that it makes, and removes them.

Usage: real_loss.py [relay SEED PORT PORT]  (the latter by itself, inside the third namespace)
"""

import collections
import heapq
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from live import PATH, SLOW, need_root  # noqa: E402
from weirtest import WEIR, WEIR_CAPTURE, Findings, events, run  # noqa: E402

DELAY, LATER, LOSS, DOUBLED, OVERTAKEN = 0.010, 0.008, 0.02, 0.01, 0.02
CLIENT, SERVER, PATH_NS = (f"weir-{what}-{os.getpid()}" for what in ("client", "server", "path"))
HERE, THERE = "10.77.0.1", "10.77.0.2"
EXCHANGES, SIZE = 24, 150_000


def relay(seed, ports):
    """Carries frames between two interfaces as netem would."""
    rng, sockets, waiting, number = random.Random(seed), [], [], 0
    # what two processors deliver the capture may see in another order than TCP
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for port in ports:
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind((port, 0))
        sockets.append(s)
    print("ready", flush=True)
    while True:
        patience = max(waiting[0][0] - time.monotonic(), 0) if waiting else None
        for s in select.select(sockets, [], [], patience)[0]:
            frame, (_, _, kind, *_) = s.recvfrom(65536)
            if kind == 4:  # PACKET_OUTGOING: our own
                continue
            to, tcp = sockets[1 - sockets.index(s)], frame[12:14] == b"\x08\x00" and frame[23] == 6
            if tcp and rng.random() < LOSS:
                continue
            due = time.monotonic() + DELAY + (LATER if tcp and rng.random() < OVERTAKEN else 0)
            for _ in range(2 if tcp and rng.random() < DOUBLED else 1):
                number += 1
                heapq.heappush(waiting, (due, number, to, frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, to, frame = heapq.heappop(waiting)
            to.send(frame)


def inside(namespace, *command):
    return ["ip", "netns", "exec", namespace, *map(str, command)]


def must(*command):
    done = run(*command, env={**os.environ, "PATH": PATH})
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


class Network:
    """Client and server, and what lies between them."""

    def __init__(self, seed):
        self.processes = []
        for namespace in (CLIENT, SERVER, PATH_NS):
            must("ip", "netns", "add", namespace)
            must(*inside(namespace, "ip", "link", "set", "lo", "up"))
        for namespace, address, port in ((CLIENT, HERE, "c1"), (SERVER, THERE, "s1")):
            must(*inside(namespace, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", PATH_NS))
            must(*inside(namespace, "ip", "address", "add", f"{address}/24", "dev", "eth0"))
            must(*inside(namespace, "ip", "link", "set", "eth0", "up"))
            must(*inside(PATH_NS, "ip", "link", "set", port, "up", "promisc", "on"))
            # each segment is a packet, and each packet comes alone, with a checksum
            for end, name in ((namespace, "eth0"), (PATH_NS, port)):
                must(*inside(end, "ethtool", "-K", name, "tso", "off", "gso", "off", "gro", "off", "tx", "off"))
        netem = ["netem", "delay", f"{DELAY}s", f"{LATER / 4}s", "25%", "loss", f"{LOSS * 100}%", "duplicate", f"{DOUBLED * 100}%"]
        self.by_netem = run(*inside(PATH_NS, "tc", "qdisc", "add", "dev", "c1", "root", *netem)).returncode == 0
        if self.by_netem:
            must(*inside(PATH_NS, "tc", "qdisc", "add", "dev", "s1", "root", *netem))
            must(*inside(PATH_NS, "ip", "link", "add", "br0", "type", "bridge"))
            for port in ("c1", "s1", "br0"):
                must(*inside(PATH_NS, "ip", "link", "set", port, "up", *(("master", "br0") if port != "br0" else ())))
        else:
            carrier = self.start(PATH_NS, sys.executable, __file__, "relay", seed, "c1", "s1", stdout=subprocess.PIPE)
            carrier.stdout.readline()

    def start(self, namespace, *command, **how):
        self.processes.append(subprocess.Popen(inside(namespace, *command), env={**os.environ, "PATH": PATH}, **how))
        return self.processes[-1]

    def remove(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for namespace in (CLIENT, SERVER, PATH_NS):
            run("ip", "netns", "del", namespace, env={**os.environ, "PATH": PATH})


def counters(namespace):
    """What the kernel of this namespace counted since it was made."""
    return collections.Counter(json.loads(must(*inside(namespace, "nstat", "-a", "-s", "-z", "-j")))["kernel"])


def sockets_of(namespace):
    """{local port: {counter: value}} of open connections, as ss tells."""
    found, port = {}, None
    for line in must(*inside(namespace, "ss", "-Htin")).splitlines():
        if line[:1] not in " \t":
            port = int(line.split()[3].rpartition(":")[2])
            continue
        told = dict(re.findall(r"(\w+):(\S+)", line))
        found[port] = {"retrans": int(told.get("retrans", "0/0").split("/")[1]), "early": int(told.get("rcv_ooopack", 0)),
                       "bytes_again": int(told.get("bytes_retrans", 0))}
    return found


HOLD = """
import socket, sys, time
s = socket.create_connection(("10.77.0.2", 8000))
print(s.getsockname()[1], flush=True)
for i in range(4):
    left = 400000 + i
    s.sendall(b"GET /bytes/%d HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n" % left)
    head = b""
    while b"\\r\\n\\r\\n" not in head:
        head += s.recv(1) or sys.exit(1)
    while left:
        left -= len(s.recv(min(left, 65536))) or sys.exit(1)
print("whole", flush=True)
time.sleep(60)
"""
SERVE = """
import sys
sys.path[:0] = [{live!r}, {lib!r}]
from live import Handler
import http.server
s = http.server.ThreadingHTTPServer(("10.77.0.2", 8000), Handler)
s.daemon_threads = True
print("ready", flush=True)
s.serve_forever()
"""


def traffic(network, folder):
    """Downloads and uploads, six at a time; the paths whose answers came whole, and what ss says of one more connection."""
    here = Path(__file__).parent
    server = network.start(SERVER, sys.executable, "-c", SERVE.format(live=str(here), lib=str(here.parent / "lib")), stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL)
    server.stdout.readline()
    body = folder / "body"
    body.write_bytes(b"u" * SIZE)
    held = network.start(CLIENT, sys.executable, "-c", HOLD, stdout=subprocess.PIPE)
    port = int(held.stdout.readline())
    running, whole, deadline = {}, set(), time.monotonic() + 60 * SLOW
    todo = [f"/bytes/{SIZE + i}" if i % 4 else f"/post?{i}" for i in range(EXCHANGES)]
    while (todo or running) and time.monotonic() < deadline:
        while todo and len(running) < 6:
            path = todo.pop()
            post = ("--data-binary", f"@{body}") if path.startswith("/post") else ()
            running[path] = network.start(CLIENT, "curl", "-s", "-o", "/dev/null", "--noproxy", "*", "-H", "Expect:", *post,
                                          f"http://{THERE}:8000{path}")
        for path, process in list(running.items()):
            if process.poll() is not None:
                if process.returncode == 0:
                    whole.add(path)
                del running[path]
        time.sleep(0.02)
    if held.stdout.readline() == b"whole\n":
        whole |= {f"/bytes/{400_000 + i}" for i in range(4)}
    time.sleep(1)  # the last acknowledgements
    return whole, port, sockets_of(CLIENT).get(port, {}), sockets_of(SERVER)


def dissect(capture):
    done = run(WEIR, "--allow-root", "--json", "-r", capture, "--events", "tcp.*,http.exchange,capture.*", timeout=60)
    lines = events(done.stdout)
    by = collections.defaultdict(list)
    for line in lines:
        by[line["event"]].append(line)
    return by


def is_near(ours, kernels, kernel):
    """Where the kernel discards a late packet for its old time stamp (PAWS) it waits for another copy, and what comes meanwhile
    is early to it and not to the capture, which saw the first one: up to a window for each."""
    return abs(ours - kernels) <= 2 + 16 * kernel["TcpExtPAWSEstab"]


def check_end(findings, name, told, kernel, side, other):
    """One end's capture against that end's kernel."""
    again = [e for e in told["tcp.retransmit"] if e["side"] == side] + [e for e in told["tcp.syn_retry"] if e["side"] == side]
    kinds = collections.Counter(e.get("kind", "syn") for e in again)
    early = sum(close[f"from_{other}"]["out_of_order"] for close in told["tcp.close"])
    print(f"{name}: sent again {len(again)} ({dict(kinds)}), kernel {kernel['TcpRetransSegs']}; came early {early}, "
          f"kernel {kernel['TcpExtTCPOFOQueue']}")
    findings.check(kernel["TcpRetransSegs"] > 0 and kernel["TcpExtTCPOFOQueue"] > 10, f"{name}: the path did too little")
    findings.check(len(again) == kernel["TcpRetransSegs"], f"{name}: {len(again)} were sent again, the kernel counts {kernel['TcpRetransSegs']}")
    findings.check(kinds["unseen"] == 0, f"{name}: at the sender nothing is sent again that was not seen: {kinds}")
    findings.check(is_near(early, kernel["TcpExtTCPOFOQueue"], kernel), f"{name}: {early} came early, the kernel queued {kernel['TcpExtTCPOFOQueue']}")
    findings.check(early == len([e for e in told["tcp.out_of_order"] if e["side"] == other]), f"{name}: events and counters of early packets differ")
    missing = sum(close[way]["missing"] for close in told["tcp.close"] for way in ("from_client", "from_server"))
    findings.check(missing == 0 and not told["tcp.gap"], f"{name}: {missing} bytes are missing of what was captured whole: {told['tcp.gap'][:3]}")
    totals = told["capture.end"][0]["totals"]
    findings.check(totals["kernel"]["dropped"] == 0, f"{name}: the capture itself lost packets, so it shows nothing: {totals['kernel']}")


def check_connection(findings, name, told, port, side, ss, kernel):
    """The connection that is still open, against ss."""
    ours = [e for e in told["tcp.retransmit"] if e["side"] == side and e["client"]["port"] == port]
    close = [c for c in told["tcp.close"] if c["client"]["port"] == port]
    print(f"{name}: ss of the open connection {ss}; sent again {len(ours)}, {sum(e['length'] for e in ours)} bytes")
    findings.check(ss and len(close) == 1, f"{name}: ss tells nothing of port {port}: {ss}")
    if not ss or not close:
        return
    findings.check(len(ours) == ss["retrans"], f"{name}: port {port}: {len(ours)} were sent again, ss says {ss['retrans']}")
    findings.check(sum(e["length"] for e in ours) == ss["bytes_again"], f"{name}: port {port}: bytes sent again")
    early = close[0]["from_client" if side == "server" else "from_server"]["out_of_order"]
    findings.check(is_near(early, ss["early"], kernel), f"{name}: port {port}: {early} came early, ss says {ss['early']}")


def main():
    need_root("ip", "tc", "ethtool", "ss", "nstat", "curl")
    seed = random.SystemRandom().randrange(10**6)
    findings, folder = Findings(), Path(tempfile.mkdtemp(prefix="weir-loss-"))
    network = None
    try:
        network = Network(seed)
        print("the path is netem" if network.by_netem else f"this kernel has no netem: the path is a relay, seed {seed}")
        captures = {}
        for namespace in (CLIENT, SERVER):
            captures[namespace] = folder / f"{namespace}.pcapng"
            with captures[namespace].open("wb") as out:
                network.start(namespace, WEIR_CAPTURE, "-i", "eth0", "-B", "65536", stdout=out)
        deadline = time.monotonic() + 5 * SLOW
        while any(c.stat().st_size < 100 for c in captures.values()) and time.monotonic() < deadline:
            time.sleep(0.02)
        began = time.monotonic()
        whole, port, client_ss, server_ss = traffic(network, folder)
        print(f"traffic took {time.monotonic() - began:.1f} s", flush=True)
        kernels = {CLIENT: counters(CLIENT), SERVER: counters(SERVER)}
        for process in network.processes:
            if str(WEIR_CAPTURE) in process.args:
                process.send_signal(signal.SIGTERM)
                process.wait(10)
        told = {namespace: dissect(capture) for namespace, capture in captures.items()}
        check_end(findings, "client", told[CLIENT], kernels[CLIENT], "client", "server")
        check_end(findings, "server", told[SERVER], kernels[SERVER], "server", "client")
        check_connection(findings, "client", told[CLIENT], port, "client", client_ss, kernels[CLIENT])
        check_connection(findings, "server", told[SERVER], port, "server", server_ss.get(8000, {}), kernels[SERVER])
        findings.check(len(whole) >= EXCHANGES, f"only {len(whole)} exchanges came whole: the path did too much")
        for namespace, by in told.items():
            complete = {e["request"]["target"] for e in by["http.exchange"] if e["response"].get("complete") and e["request"].get("complete")}
            findings.check(whole <= complete, f"{namespace}: lost {sorted(whole - complete)[:5]} of {len(whole)}")
    finally:
        if network is not None:
            network.remove()
        shutil.rmtree(folder)
    findings.finish(f"{len(whole)} exchanges over a bad path")


if sys.argv[1:2] == ["relay"]:
    relay(int(sys.argv[2]), sys.argv[3:5])
else:
    main()
