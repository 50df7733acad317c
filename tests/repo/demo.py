"""The demonstration that `scripts/run` shows: exactly its six exchanges, as valid JSON lines and as text on a terminal,
also when Weir is slow to start; and where it saw too little it says so, with a status that is not 0."""

import os
import pty
import subprocess
import tempfile
from pathlib import Path

from weirtest import SOURCE, WEIR, WEIR_CAPTURE, Findings, events, run, skip

DEMO = SOURCE / "scripts" / "demo-traffic"
EXPECTED = [("GET", "/", 200), ("POST", "/items", 201), ("GET", "/missing", 404), ("GET", "/items/1", 200),
            ("GET", "/items/2", 200), ("GET", "/story", 200)]


def shows_all(findings, done, what):
    """Its six exchanges, whole."""
    findings.check(done.returncode == 0, f"{what}: status {done.returncode}: {done.stderr}")
    seen = [event for event in events(done.stdout) if event["event"] == "http.exchange"]
    exchanges = [(e["request"]["method"], e["request"]["target"], e["response"]["status"]) for e in seen]
    findings.check(exchanges == EXPECTED, f"{what}: exchanges {exchanges}\n{done.stderr}")
    findings.check(all(e["request"]["complete"] and e["response"]["complete"] for e in seen), f"incomplete: {seen}")
    if exchanges == EXPECTED:
        findings.check(seen[3]["conn"] == seen[4]["conn"] and seen[4]["exchange"] == 2, "the pair is on one connection")
        findings.check(seen[5]["response"]["headers"].get("transfer-encoding") == "chunked", "the story is chunked")


def on_a_terminal(findings):
    ours, of_demo = pty.openpty()
    demo = subprocess.Popen([DEMO, WEIR], stdout=of_demo, stderr=subprocess.PIPE, text=True)
    os.close(of_demo)
    text = b""
    try:
        while piece := os.read(ours, 65536):
            text += piece
    except OSError:  # the terminal's other end is closed: the demonstration is over
        pass
    errors = demo.communicate(timeout=30)[1]
    os.close(ours)
    findings.check(demo.returncode == 0, f"on a terminal: status {demo.returncode}: {errors} {text}")
    findings.check(b"{" not in text and b"/story" in text, f"on a terminal: no text: {text}")


def with_a_slow_start(findings, folder):
    """Longer than any wait that could pass for patience; the traffic comes when capture.start is there."""
    slow = folder / "slow-weir"
    slow.write_text(f'#!/bin/sh\nsleep 4\nexec {WEIR} "$@"\n')
    slow.chmod(0o755)
    shows_all(findings, run(DEMO, slow), "a slow start")


def with_too_little(findings, folder):
    said_less = run(DEMO, WEIR, "--snaplen", "60")
    findings.check(said_less.returncode == 1 and "weir showed 0 of 6 exchanges; missing: GET /, POST /items" in said_less.stderr,
                   f"nothing could be seen: status {said_less.returncode}: {said_less.stderr}")
    deaf = folder / "deaf-weir"
    deaf.write_text("#!/bin/sh\nexit 0\n")
    deaf.chmod(0o755)
    findings.check(run(DEMO, deaf).returncode == 1, "a weir that ends at once passes for a demonstration")
    refused = run(DEMO, WEIR, "--helper", "/nowhere")
    findings.check(refused.returncode not in (0, 77) and refused.stderr.startswith("weir: "), f"no helper: {refused}")


def for_a_reader_that_goes(findings):
    done = run("bash", "-c", f"set -o pipefail; {DEMO} {WEIR} | head -n 1")
    findings.check(done.returncode == 0 and done.stdout.count("\n") == 1 and "demo-traffic" not in done.stderr, f"a reader that goes: {done}")


def main():
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    capable = "cap_net_raw" in run("getcap", WEIR_CAPTURE, env={**os.environ, "PATH": path}).stdout
    if os.geteuid() != 0 and not capable:
        skip(f"{WEIR_CAPTURE} has no CAP_NET_RAW and this is not root (scripts/run gives it)")
    findings = Findings()
    shows_all(findings, run(DEMO, WEIR), "the demonstration")
    on_a_terminal(findings)
    for_a_reader_that_goes(findings)
    with tempfile.TemporaryDirectory() as folder:
        with_a_slow_start(findings, Path(folder))
        with_too_little(findings, Path(folder))
    findings.finish("the demonstration")


main()
