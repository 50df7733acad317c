"""The demonstration that `scripts/run` shows: exactly its six exchanges, as valid JSON lines, within three seconds."""

import os
import time

from weirtest import SOURCE, WEIR, WEIR_CAPTURE, Findings, events, run, skip

EXPECTED = [("GET", "/", 200), ("POST", "/items", 201), ("GET", "/missing", 404), ("GET", "/items/1", 200),
            ("GET", "/items/2", 200), ("GET", "/story", 200)]


def main():
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    capable = "cap_net_raw" in run("getcap", WEIR_CAPTURE, env={**os.environ, "PATH": path}).stdout
    if os.geteuid() != 0 and not capable:
        skip(f"{WEIR_CAPTURE} has no CAP_NET_RAW and this is not root (scripts/run gives it)")
    findings = Findings()
    began = time.monotonic()
    done = run(SOURCE / "scripts" / "demo-traffic", WEIR)
    took = time.monotonic() - began
    findings.check(done.returncode == 0, f"status {done.returncode}: {done.stderr}")
    seen = [event for event in events(done.stdout) if event["event"] == "http.exchange"]
    told = [(e["request"]["method"], e["request"]["target"], e["response"]["status"]) for e in seen]
    findings.check(told == EXPECTED, f"exchanges {told}\n{done.stderr}")
    findings.check(all(e["request"]["complete"] and e["response"]["complete"] for e in seen), f"incomplete: {seen}")
    if told == EXPECTED:
        findings.check(seen[3]["conn"] == seen[4]["conn"] and seen[4]["exchange"] == 2, "the pair is on one connection")
        findings.check(seen[5]["response"]["headers"].get("transfer-encoding") == "chunked", "the story is chunked")
    slow = 3 if not os.environ.get("WEIR_SANITIZE") else 10
    findings.check(took < slow, f"took {took:.1f} s")
    findings.finish(f"{len(seen)} exchanges in {took:.1f} s")


main()
