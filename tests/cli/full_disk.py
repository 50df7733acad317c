"""A disk that is full: with --append it is waited for, what finds no place is dropped and counted, no line is torn, and standard
error says when it began, when it is over and what was lost. Otherwise it ends the run at once."""

import ctypes
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from pcapmake import Capture, Connection
from weirtest import WEIR, Findings, events, run, said, skip

CLONE_NEWNS = 0x20000


def small_disk():
    """A tmpfs of 512 KiB that this process and its children alone see."""
    if os.geteuid() != 0:
        skip("not root: a small file system cannot be mounted")
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        skip(f"no mount namespace: {os.strerror(ctypes.get_errno())}")
    folder = Path(tempfile.mkdtemp(prefix="weir-disk-"))
    for command in (["mount", "--make-rprivate", "/"], ["mount", "-t", "tmpfs", "-o", "size=512k,mode=777", "none", folder]):
        done = run(*command)
        if done.returncode != 0:
            skip(f"no file system can be mounted: {done.stderr.strip()}")
    return folder


class Source:
    """Records of one connection, as many exchanges as are asked for."""

    def __init__(self):
        self.made = Capture()
        self.connection = Connection(self.made, mss=60_000)
        self.connection.open()
        self.number, self.written = 0, 0

    def more(self, exchanges):
        for _ in range(exchanges):
            self.connection.request(b"GET /%d HTTP/1.1\r\nHost: a\r\nX-Padding: %s\r\n\r\n" % (self.number, b"x" * 4000))
            self.connection.response(b"HTTP/1.1 204 No Content\r\n\r\n")
            self.number += 1
        data = self.made.pcapng()
        part, self.written = data[self.written:], len(data)
        return part


def start(log):
    return subprocess.Popen([WEIR, "-r", "-", "--append", "-o", log, "--events", "http.exchange,capture.*"], stdin=subprocess.PIPE,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def put(weir, data):
    weir.stdin.write(data)
    weir.stdin.flush()


def line(weir):
    """Its next line on standard error that is no remark about root or sanitizers."""
    while text := weir.stderr.readline():
        if said(text):
            return text.decode()
    return ""


def check_recovery(findings, disk):
    log, filler, source = disk / "log", disk / "filler", Source()
    filler.write_bytes(bytes(300 * 1024))
    weir = start(log)
    put(weir, source.more(10))
    put(weir, source.more(1500))  # 6 MB: above what is kept for later
    began = line(weir)
    findings.check("No space left on device; trying again" in began and str(log) in began, f"it began with {began!r}")
    time.sleep(0.5)
    findings.check(weir.poll() is None, "it gave up")
    run("mount", "-o", "remount,size=32m", disk)
    over = line(weir)
    findings.check("has room again" in over, f"it was over with {over!r}")
    dropped = int(over.split(";")[1].split()[0])
    put(weir, source.more(5))
    weir.stdin.close()
    status = weir.wait(20)
    lines = events(log.read_text())
    end = lines[-1]
    findings.check(status == 0 and end["event"] == "capture.end" and end["totals"]["exchanges"] == 1515, f"status {status}, {end}")
    findings.check(dropped > 0 and end["outputs"] == [{"name": str(log), "dropped": dropped}], f"{dropped} dropped, {end.get('outputs')}")
    got = [e["request"]["target"] for e in lines if e["event"] == "http.exchange"]
    findings.check(len(got) == 1515 - dropped and got[-5:] == [f"/{n}" for n in range(1510, 1515)], f"{len(got)} exchanges, {got[-6:]}")
    log.unlink()
    filler.unlink()
    run("mount", "-o", "remount,size=512k", disk)


def check_rotation(findings, disk):
    """A rotation on a full disk: the new file begins with a whole line."""
    log, source = disk / "log", Source()
    weir = start(log)
    put(weir, source.more(10))
    put(weir, source.more(200))
    line(weir)
    log.rename(disk / "old")
    weir.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    (disk / "old").unlink()
    over = line(weir)
    weir.stdin.close()
    weir.wait(20)
    lines = events(log.read_text())
    findings.check("room again" in over and lines[-1]["event"] == "capture.end" and lines[-1]["outputs"][0]["dropped"] >= 1,
                   f"a rotation on a full disk: {over!r} {lines[-1:]}")
    log.unlink()


def check_end_on_a_full_disk(findings, disk):
    log, source = disk / "log", Source()
    weir = start(log)
    put(weir, source.more(10))
    put(weir, source.more(300))
    line(weir)
    weir.send_signal(signal.SIGTERM)
    status, words = weir.wait(10), line(weir)
    findings.check(status == 1 and "No space left on device" in words and "bytes could not be written" in words,
                   f"ended while it is full: status {status}, {words!r}")
    again = start(log)  # the next run ends the torn line once there is room
    again.stdin.close()
    findings.check(again.wait(10) == 1, "a run on a full disk")
    log.unlink()


def check_without_append(findings, disk):
    path = disk.parent / f"{disk.name}.pcapng"
    path.write_bytes(Source().more(300))
    done = run(WEIR, "-r", path, "-o", disk / "log")
    path.unlink()
    findings.check(done.returncode == 1 and said(done.stderr).count("\n") == 1 and "No space left" in done.stderr,
                   f"without --append: {done.returncode} {done.stderr!r}")


def main():
    disk, findings = small_disk(), Findings()
    try:
        check_recovery(findings, disk)
        check_rotation(findings, disk)
        check_end_on_a_full_disk(findings, disk)
        check_without_append(findings, disk)
    finally:
        run("umount", disk)
        disk.rmdir()
    findings.finish("a full disk")


main()
