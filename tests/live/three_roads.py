"""tcpdump into weir, weir-capture into weir, and weir by itself tell the same exchanges of the same traffic."""

import subprocess
import time

from live import PATH, SLOW, Installed, Schema, Server, Weir, as_nobody, curl, need_root, told
from weirtest import Findings


def packet_sockets():
    with open("/proc/net/packet") as f:
        return len(f.read().splitlines()) - 1


def as_root(*command, stderr):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
                            env={"PATH": PATH})


def main():
    need_root("curl", "tcpdump")
    findings, schema = Findings(), Schema()
    with Installed() as installed:
        server = Server()
        only = f"tcp port {server.port}"
        before = packet_sockets()
        roads, producers = {}, {}
        for name, command in (("tcpdump", ["tcpdump", "-U", "-i", "lo", "-w", "-", only]),
                              ("weir-capture", [installed.capture, "-i", "lo", only])):
            start = as_root if name == "tcpdump" else as_nobody
            producers[name] = start(*command, stderr=subprocess.DEVNULL)
            roads[name] = Weir(installed.weir, "-r", "-", stdin=producers[name].stdout)
            producers[name].stdout.close()
        roads["weir"] = Weir(installed.weir, "-i", "lo", only)
        roads["weir"].started()
        deadline = time.monotonic() + 5 * SLOW
        while packet_sockets() < before + 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)  # a filter is set just after its socket is open

        base = f"http://{server.host}"
        curl(base + "/a", base + "/b", base + "/missing")
        curl("-d", "some=form", base + "/post")
        curl(base + "/bytes/200000")
        for name, weir in roads.items():
            findings.check(weir.wait_for_count("http.exchange", 5), f"{name}: {told(weir.lines)}")
        for name, producer in producers.items():
            producer.terminate()
            producer.wait()
            findings.check(roads[name].end(None) == 0, f"{name}: {roads[name].said()}")
            findings.check(roads[name].lines[-1].get("reason") == "end_of_input", f"{name}: {roads[name].lines[-1]}")
        findings.check(roads["weir"].end() == 0, f"weir: {roads['weir'].said()}")

        expected = [("GET", "/a", 200, 8), ("GET", "/b", 200, 8), ("GET", "/missing", 404, 3), ("POST", "/post", 201, 9),
                    ("GET", "/bytes/200000", 200, 200000)]
        for name, weir in roads.items():
            findings.check(told(weir.lines) == expected, f"{name}: {told(weir.lines)}")
            schema.check(findings, weir.lines)
    findings.finish(f"{len(roads)} roads")


main()
