"""Several outputs at once: each has what it would have alone, a reader that stops or goes stops nobody else unless that was
asked for, and what it did not get is counted. What is opened is opened once, and nothing is emptied where something is wrong."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from pcapmake import Capture, Connection
from weirtest import WEIR, Findings, events, run, said


def capture(exchanges=20, padding=10):
    made = Capture()
    c = Connection(made, mss=60_000)
    c.open()
    for i in range(exchanges):
        c.request(b"GET /%d HTTP/1.1\r\nHost: a\r\nX-Padding: %s\r\n\r\n" % (i, b"x" * padding))
        c.response(b"HTTP/1.1 204 No Content\r\n\r\n")
    c.close()
    Connection(made, client=("10.0.0.1", 40001)).emit(0, 2, options=b"\x02\x01")  # an option that is too short: an anomaly
    return made


def check_selections(findings, folder):
    path = folder / "in.pcapng"
    capture().write_pcapng(path)
    alone = {name: run(WEIR, "-r", path, *options).stdout for name, options in (
        ("all", []), ("few", ["--events", "anomaly,capture.end"]), ("text", ["--text"]), ("http", ["--events", "http.*"]))}
    findings.check(all(alone.values()), f"a run alone says nothing: {alone}"[:300])
    done = run(WEIR, "-r", path, "-o", "-", "-o", f"{folder}/few:events=anomaly,capture.end", "-o", f"{folder}/text:style=text",
               "-o", f"{folder}/a:b", "-o", f"{folder}/http:slow=wait:style=json:events=http.*")
    got = {"all": done.stdout, **{name: (folder / name).read_text() for name in ("few", "text", "http")}}
    findings.check(done.returncode == 0 and said(done.stderr) == "", f"status {done.returncode}: {done.stderr}")
    for name, text in alone.items():
        findings.check(got[name] == text, f"{name} differs from what it says alone: {got[name]!r:.300}")
    findings.check((folder / "a:b").read_text() == alone["all"], "a name with a colon")

    done = run(WEIR, "-r", path, "--text", "--events", "http.*", "-o", f"{folder}/1:style=json", "-o", f"{folder}/2:events=anomaly")
    findings.check((folder / "1").read_text() == alone["http"], "--events is not for every output that does not say")
    findings.check("{" not in (folder / "2").read_text() and (folder / "2").read_text(), "--text is not for every output that does not say")


def check_refusals(findings, folder):
    path, kept = folder / "in.pcapng", folder / "kept"
    kept.write_text("precious")
    for what, options, status, word in (
            ("twice", ["-o", kept, "-o", f"{folder}/./kept"], 1, "it is another output, too"),
            ("stdout twice", ["-o", "-", "-o", "-"], 1, "it is another output, too"),
            ("the second cannot be opened", ["-o", kept, "-o", folder / "no/such"], 1, "No such file"),
            ("an event that is none", ["-o", f"{kept}:events=nosuch"], 2, "--output events= takes names of events: nosuch"),
            ("a style that is none", ["-o", f"{kept}:style=xml"], 2, "json or text, not 'xml'"),
            ("an answer that is none", ["-o", f"{kept}:slow=never"], 2, "wait or drop, not 'never'"),
            ("no name", ["-o", ":style=json"], 2, "takes the name of a file"),
            ("two folders", ["--append", "-o", folder / "log", "-o", "/tmp/weir-test-elsewhere"], 1, "one folder")):
        done = run(WEIR, "-r", path, "--allow-root", *options)
        findings.check(done.returncode == status and word in done.stderr and done.stderr.count("\n") == 1 and not done.stdout,
                       f"{what}: status {done.returncode}, {done.stderr!r}")
        findings.check(kept.read_text() == "precious", f"{what}: an output was emptied all the same")


def start(*options):
    return subprocess.Popen([WEIR, "-r", "-", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for(holds, seconds=20):
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def count(path, word):
    return path.read_text().count(word) if path.exists() else 0


def check_reader_that_goes(findings, folder):
    out = folder / "stays"
    weir = start("-o", "-", "-o", out)
    data = capture().pcapng()
    weir.stdin.write(data[:len(data) // 2])
    weir.stdin.flush()
    weir.stdout.readline()
    weir.stdout.close()
    time.sleep(0.2)
    findings.check(weir.poll() is None, "an output that goes takes the others along")
    weir.stdin.write(data[len(data) // 2:])
    weir.stdin.close()
    status, words = weir.wait(10), said(weir.stderr.read())
    findings.check(status == 0 and words == "" and count(out, '"http.exchange"') == 20, f"a reader that goes: {status} {words}")


def check_failure_of_one(findings, folder):
    out = folder / "beside"
    done = run(WEIR, "-r", folder / "in.pcapng", "-o", "/dev/full", "-o", out)
    findings.check(done.returncode == 1 and done.stderr.count("No space left") == 1 and events(out.read_text())[-1]["event"] == "capture.end",
                   f"one that fails: {done.returncode} {done.stderr!r}")


def check_slow_reader(findings, folder):
    """8 MB of events for a reader that has stopped: dropped for it alone, and counted; or all wait for it."""
    data = capture(2000, 4000).pcapng()
    out = folder / "fast"
    weir = start("-o", "-:slow=drop", "-o", out)
    weir.stdin.write(data)
    weir.stdin.close()
    findings.check(wait_for(lambda: count(out, '"capture.end"') == 1), "slow=drop: the other output has to wait")
    slow = events(weir.stdout.read().decode())
    status, words = weir.wait(10), said(weir.stderr.read())
    fast = events(out.read_text())
    dropped = len(fast) - len(slow)
    findings.check(status == 0 and dropped > 0 and fast[-1].get("outputs") == [{"name": "-", "dropped": dropped}],
                   f"slow=drop: status {status}, {dropped} dropped, {fast[-1].get('outputs')}")
    findings.check(slow[-1] == fast[-1] and "too slow" in words and f"{dropped} events" in words, f"slow=drop: said {words!r}")

    out = folder / "waiting"
    weir = start("-o", "-:slow=wait", "-o", out)
    os.set_blocking(weir.stdin.fileno(), False)
    sent = 0
    while sent < len(data):
        try:
            sent += os.write(weir.stdin.fileno(), data[sent:sent + 65536])
        except BlockingIOError:
            before = count(out, "\n")
            time.sleep(0.5)
            if count(out, "\n") == before:
                break
    findings.check(sent < len(data), "slow=wait: it does not wait")
    os.set_blocking(weir.stdin.fileno(), True)
    out_text, _ = weir.communicate(data[sent:], timeout=30)
    findings.check(weir.returncode == 0 and out_text.decode() == out.read_text() and '"outputs"' not in out.read_text(),
                   "slow=wait: something is lost all the same")


def main():
    findings = Findings()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        check_selections(findings, folder)
        check_refusals(findings, folder)
        check_reader_that_goes(findings, folder)
        check_failure_of_one(findings, folder)
        check_slow_reader(findings, folder)
    findings.finish("several outputs")


main()
