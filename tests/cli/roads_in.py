"""One capture by every road gives the same lines: file, standard input, FIFO, socket, gzip, a growing file that is
followed; and SIGUSR1, SIGINT and --stats-interval on a file."""

import gzip
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from pcapmake import Capture, http_exchange
from weirtest import WEIR, Findings, events, run


def make():
    made = Capture()
    for i in range(500):
        http_exchange(made, b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % i,
                      b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", client=("10.0.0.1", 40000 + i))
    return made


def body(text):
    """The lines but the first, which names the input."""
    lines = text.splitlines()
    assert '"event":"capture.start"' in lines[0], lines[:1]
    return lines[1:]


def check_roads(findings, folder, data):
    path = folder / "whole.pcapng"
    path.write_bytes(data)
    truth = run(WEIR, "-r", path)
    findings.check(truth.returncode == 0 and len(body(truth.stdout)) == 1001, f"file: {truth.stderr}")

    def same(name, text, status):
        findings.check(status == 0 and body(text) == body(truth.stdout), f"{name}: status {status}, other lines")

    with open(path, "rb") as source:
        done = run(WEIR, "-r", "-", stdin=source)
    same("standard input", done.stdout, done.returncode)

    (folder / "whole.gz").write_bytes(gzip.compress(data[:100_000]) + gzip.compress(data[100_000:]))
    done = run(WEIR, "-r", folder / "whole.gz")
    same("gzip, two members", done.stdout, done.returncode)

    fifo = folder / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(data))
    writer.start()
    done = run(WEIR, "-r", fifo)
    writer.join()
    same("FIFO", done.stdout, done.returncode)

    read_end, write_end = os.pipe()
    writer = threading.Thread(target=lambda: os.fdopen(write_end, "wb").write(data))
    writer.start()
    done = run(WEIR, "-r", "-", stdin=read_end)
    writer.join()
    same("pipe", done.stdout, done.returncode)
    findings.check(os.get_blocking(read_end), "a pipe that others read too was made non-blocking")
    os.close(read_end)

    near, far = socket.socketpair()
    with subprocess.Popen([WEIR, "-r", "-"], stdin=far, stdout=subprocess.PIPE, text=True) as weir:
        far.close()
        sender = threading.Thread(target=lambda: (near.sendall(data), near.close()))
        sender.start()
        text = weir.stdout.read()
        sender.join()
    same("socket", text, weir.returncode)

    out = folder / "out.json"
    done = run(WEIR, "-r", path, "-o", out)
    findings.check(done.stdout == "" and out.read_text() == truth.stdout, "-o: other lines")


def wait_for(path, event, count):
    """Whether so many events of a name come to stand in a file."""
    def found():
        return path.exists() and path.read_text().count(f'"event":"{event}"') >= count
    deadline = time.monotonic() + 5
    while not found() and time.monotonic() < deadline:
        time.sleep(0.01)
    return found()


def check_follow(findings, folder, data):
    path, out = folder / "growing.pcapng", folder / "followed.json"
    half = len(data) // 2
    path.write_bytes(data[:half])
    weir = subprocess.Popen([WEIR, "-r", path, "--follow", "-o", out], stdout=subprocess.DEVNULL)
    findings.check(wait_for(out, "http.exchange", 249), "--follow: the first half is not told before more comes")
    with open(path, "ab") as growing:
        growing.write(data[half:])
    findings.check(wait_for(out, "http.exchange", 500), "--follow: the second half is not told")
    weir.send_signal(signal.SIGUSR1)
    findings.check(wait_for(out, "capture.stats", 1), "--follow: SIGUSR1 gives no line")
    weir.send_signal(signal.SIGINT)
    findings.check(weir.wait(5) == 0, f"--follow: status {weir.returncode}")
    last = events(out.read_text())[-1]
    findings.check(last["event"] == "capture.end" and last["reason"] == "interrupted", f"--follow: ends with {last}")


def check_interval(findings, folder):
    done = run(WEIR, "-r", folder / "whole.pcapng", "--stats-interval", "1")
    stats = [line for line in events(done.stdout) if line["event"] == "capture.stats"]
    findings.check(len(stats) == 4, f"--stats-interval: {len(stats)} reports of some 4.5 seconds of capture")


def main():
    findings = Findings()
    data = make().pcapng()
    with tempfile.TemporaryDirectory() as name:
        check_roads(findings, Path(name), data)
        check_follow(findings, Path(name), data)
        check_interval(findings, Path(name))
    findings.finish("every road")


main()
