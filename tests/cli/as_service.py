"""A service manager hears that weir is ready, alive and stopping (sd_notify(3)), by a path and by an abstract name, and
weir waits for it never. --append keeps what a file holds and follows its rotation."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from pcapmake import Capture, http_exchange
from weirtest import WEIR, Findings, events, run, said


def capture(path):
    made = Capture()
    http_exchange(made, path.join((b"GET ", b" HTTP/1.1\r\nHost: a\r\n\r\n")), b"HTTP/1.1 204 No Content\r\n\r\n")
    return made.pcapng()


def start(*options, **environment):
    return subprocess.Popen([WEIR, "-r", "-", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, **environment})


def told(manager, wanted, seconds=10):
    """What it heard until `wanted` came, that included."""
    heard, deadline = [], time.monotonic() + seconds
    manager.settimeout(0.1)
    while time.monotonic() < deadline and not any(wanted in message for message in heard):
        try:
            heard.append(manager.recv(4096).decode())
        except TimeoutError:
            pass
    return heard


def check_notify(findings, name, address):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        if not address.startswith("\0"):
            os.chmod(address, 0o666)
        weir = start(NOTIFY_SOCKET=address.replace("\0", "@"), WATCHDOG_USEC="200000")
        heard = told(manager, "READY=1")
        findings.check(heard and heard[-1] == "READY=1\nSTATUS=reading -", f"{name}: heard {heard}")
        for _ in range(3):
            findings.check(told(manager, "WATCHDOG=1")[-1:] == ["WATCHDOG=1"], f"{name}: not alive")
        weir.send_signal(signal.SIGTERM)
        findings.check(told(manager, "STOPPING=1")[-1:] == ["STOPPING=1"], f"{name}: the end is not told")
        weir.communicate(timeout=10)
        findings.check(weir.returncode == 0, f"{name}: status {weir.returncode}")


def check_watchdog_of_another(findings, folder):
    address = str(folder / "other")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        os.chmod(address, 0o666)
        weir = start(NOTIFY_SOCKET=address, WATCHDOG_USEC="20000", WATCHDOG_PID="1")
        told(manager, "READY=1")
        weir.send_signal(signal.SIGTERM)
        heard = told(manager, "STOPPING=1")
        weir.communicate(timeout=10)
        findings.check(not any("WATCHDOG" in message for message in heard), f"another's watchdog is fed: {heard}")


def check_nobody_listens(findings, folder):
    for value in (str(folder / "nosuch"), "", "x" * 200, "@"):
        weir = start(NOTIFY_SOCKET=value, WATCHDOG_USEC="many")
        _, words = weir.communicate(capture(b"/"), timeout=10)
        findings.check(weir.returncode == 0 and said(words) == "", f"{value!r}: {weir.returncode} {words}")


def check_full_manager(findings, folder):
    """A manager that does not read must not hold weir up."""
    address = str(folder / "full")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        os.chmod(address, 0o666)
        weir = start(NOTIFY_SOCKET=address, WATCHDOG_USEC="2000")
        weir.stdin.write(capture(b"/"))
        weir.stdin.flush()
        time.sleep(0.5)
        out, _ = weir.communicate(timeout=10)
        findings.check(weir.returncode == 0 and len(events(out.decode())) == 4, "a manager that does not read holds weir up")


def lines_of(path):
    return events(path.read_text()) if path.exists() else []


def wait_for_line(path, event):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not any(line["event"] == event for line in lines_of(path)):
        time.sleep(0.01)
    return [line["event"] for line in lines_of(path)]


def check_append(findings, folder):
    open_to_all = folder / "logs"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    log, old = open_to_all / "events.jsonl", open_to_all / "events.jsonl.1"
    for _ in range(2):
        weir = start("--append", "-o", str(log))
        weir.communicate(capture(b"/first"), timeout=10)
    findings.check([line["event"] for line in lines_of(log)].count("capture.end") == 2, "--append keeps nothing")
    findings.check(log.stat().st_mode & 0o777 == 0o640, f"mode {log.stat().st_mode:o}")

    weir = start("--append", "-o", str(log))
    weir.stdin.write(capture(b"/second"))
    weir.stdin.flush()
    deadline = time.monotonic() + 10
    while "/second" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    log.rename(old)
    weir.send_signal(signal.SIGHUP)
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    weir.send_signal(signal.SIGUSR1)
    findings.check(wait_for_line(log, "capture.stats") == ["capture.stats"], "nothing comes into the new file")
    log.unlink()
    log.symlink_to(old)
    before = old.read_bytes()
    weir.send_signal(signal.SIGHUP)
    words = ""
    while not said(words) and (line := weir.stderr.readline()):
        words += line.decode()
    weir.communicate(timeout=10)
    findings.check(weir.returncode == 0 and "anew" in words and "going on in the old file" in words, f"a symbolic link: {words}")
    findings.check(old.read_bytes() == before, "a symbolic link was followed")


def check_two_logs(findings, folder):
    """Both files of --append in the one folder are opened anew."""
    logs = [folder / "logs" / name for name in ("one.jsonl", "two.jsonl")]
    weir = start("--append", "-o", str(logs[0]), "-o", f"{logs[1]}:events=capture.*")
    weir.stdin.write(capture(b"/both"))
    weir.stdin.flush()
    for log in logs:
        wait_for_line(log, "capture.start")
        log.rename(log.with_suffix(".1"))
    weir.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 10
    while not all(log.exists() for log in logs) and time.monotonic() < deadline:
        time.sleep(0.01)
    weir.send_signal(signal.SIGUSR1)
    for log in logs:
        findings.check("capture.stats" in wait_for_line(log, "capture.stats"), f"{log.name}: nothing comes into the new file")
    _, words = weir.communicate(timeout=10)
    findings.check(weir.returncode == 0 and said(words) == "", f"two logs: {weir.returncode} {words}")
    findings.check([line["event"] for line in lines_of(logs[1].with_suffix(".1"))] == ["capture.start"], "the selection of the second log")


def check_torn_line(findings, folder):
    """What a full disk cut stays a bad line of its own."""
    log = folder / "logs/torn.jsonl"
    log.write_text('{"event":"capture.start"}\n{"event":"http.exch')
    log.chmod(0o666)
    weir = start("--append", "-o", str(log))
    weir.communicate(capture(b"/"), timeout=10)
    lines = log.read_text().splitlines()
    findings.check(lines[1] == '{"event":"http.exch' and [line["event"] for line in events("\n".join(lines[2:]))][0] == "capture.start",
                   f"a torn line: {lines[:3]}")


def check_append_refusals(findings, folder):
    os.mkfifo(folder / "fifo")
    path = folder / "capture.pcapng"
    path.write_bytes(capture(b"/"))
    for options, status, word in ((["--append"], 2, "-o FILE"), (["--append", "-o", str(folder / "fifo")], 1, "cannot write"),
                                  (["--append", "-o", str(folder) + "/"], 1, "folder"),
                                  (["--append", "-o", "/dev/null"], 1, "regular file"),
                                  (["--append", "-o", str(path)], 1, "it is the input"),
                                  (["--append", "-o", str(folder / "no/such")], 1, "No such file")):
        done = run(WEIR, "-r", path, "--allow-root", *options)
        findings.check(done.returncode == status and done.stderr.count("\n") == 1 and word in done.stderr,
                       f"{options}: {done.returncode} {done.stderr!r}")


def check_hangup(findings):
    """Without --append a hang-up is an end in order, and nohup(1) keeps it off."""
    weir = start()
    weir.stdin.write(capture(b"/"))
    weir.stdin.flush()
    first = weir.stdout.readline()
    weir.send_signal(signal.SIGHUP)
    out = weir.stdout.read()
    weir.communicate(timeout=10)
    findings.check(weir.returncode == 0 and b"capture.start" in first and events(out.decode())[-1]["reason"] == "interrupted",
                   f"a hang-up: {weir.returncode} {out[-200:]}")
    weir = subprocess.Popen(["nohup", WEIR, "-r", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    weir.stdin.write(capture(b"/"))
    weir.stdin.flush()
    weir.stdout.readline()
    weir.send_signal(signal.SIGHUP)
    out, _ = weir.communicate(timeout=10)
    findings.check(events(out.decode())[-1]["reason"] == "end_of_input", f"under nohup: {out[-200:]}")


def check_early_report(findings, folder):
    """SIGUSR1 before a live capture has begun waits for capture.start."""
    fifo = folder / "helper"
    fifo.write_text("#!/bin/sh\nsleep 0.3\nexec cat " + str(folder / "live.pcapng") + "\n")
    fifo.chmod(0o755)
    (folder / "live.pcapng").write_bytes(capture(b"/"))
    weir = subprocess.Popen([WEIR, "-i", "lo", "--helper", str(fifo)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.15)
    weir.send_signal(signal.SIGUSR1)
    out, _ = weir.communicate(timeout=10)
    names = [line["event"] for line in events(out.decode())]
    findings.check(names.count("capture.stats") == 1 and events(out.decode())[0].get("interfaces"), f"an early SIGUSR1: {names} {out[:200]}")


def main():
    findings = Findings()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        check_notify(findings, "a path", str(folder / "manager"))
        check_notify(findings, "an abstract name", f"\0weir-test-{os.getpid()}")
        check_watchdog_of_another(findings, folder)
        check_nobody_listens(findings, folder)
        check_full_manager(findings, folder)
        check_append(findings, folder)
        check_two_logs(findings, folder)
        check_torn_line(findings, folder)
        check_append_refusals(findings, folder)
        check_hangup(findings)
        check_early_report(findings, folder)
    findings.finish("service manager and log file")


main()
