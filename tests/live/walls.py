"""The dissector inside its walls: what --verify tries is stopped, root does not stay root, the kernel says the same as
capture.start, and a capability is refused."""

import os
import pty
import re
import subprocess

from live import GROUP, PATH, USER, Installed, as_nobody, need_root, status_of
from pcapmake import Capture, http_exchange
from weirtest import WEIR, Findings, events, run


def running(options, **how):
    """weir that has read a capture and waits for more: (process, its first line)."""
    capture = Capture()
    http_exchange(capture, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n")
    process = subprocess.Popen([WEIR, "-r", "-", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **how)
    process.stdin.write(capture.pcapng())
    process.stdin.flush()
    return process, events(process.stdout.readline().decode())[0]


def check_state(findings, options, uid):
    process, start = running(options)
    status = status_of(process.pid)
    words = start["sandbox"]["dissector"]
    findings.check(status["Uid"].split() == [str(uid)] * 4, f"{options}: uids {status['Uid']}")
    findings.check(status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", f"{options}: {status}")
    findings.check(re.fullmatch(r"caps=\w+ uid=\d+ no_new_privs not_dumpable landlock=\w+ seccomp", words)
                   and f" uid={uid} " in words, f"{options}: it says {words!r}")
    if uid != 0:
        findings.check(int(status["CapPrm"], 16) == 0 and status["Groups"] == "", f"{options}: {status}")
    process.stdin.close()
    process.stdout.read()
    findings.check(process.wait(5) == 0, f"{options}: status {process.returncode}")


def check_root_says_so(findings):
    """A live capture, to a person: on a terminal."""
    live = ["-i", "lo", "--helper", "/bin/true"]  # which captures nothing
    for what, options, says in (("a live capture", live, True), ("a file", ["-r", "/dev/null"], False), ("quiet", [*live, "-q"], False),
                                ("--allow-root", [*live, "--allow-root"], False)):
        terminal, other_end = pty.openpty()
        subprocess.run([WEIR, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=other_end, check=False)
        os.close(other_end)
        told = os.read(terminal, 4096).decode()
        os.close(terminal)
        begins = re.match(r"weir: started as root, goes on as (weir|nobody) \(uid \d+\)\r\n", told) is not None
        findings.check(begins == says, f"as root, {what}: {told!r}")
    findings.check("started as root" not in run(WEIR, *live).stderr, "it says so where nobody reads")


def check_verify_can_fail(findings):
    """Without walls, as an ordinary user: what nothing else forbids is not stopped, and the status says so."""
    verified = run(WEIR, "--verify")
    findings.check(verified.returncode == 1 and verified.stdout.count("NOT STOPPED") >= 12, f"--verify without walls: {verified}")


def check_capability_is_refused(findings, installed):
    run("setcap", "cap_net_raw+ep", installed.weir, env={**os.environ, "PATH": PATH})
    for way in (["-r", "/dev/null"], ["--connect", "/nosuch"]):
        process = as_nobody(installed.weir, *way)
        said = process.stderr.read().decode()
        findings.check(process.wait(5) == 3 and said.count("\n") == 1 and "capability" in said,
                       f"a capability, {way}: status {process.returncode}, said {said!r}")
        process.stdout.close()
        process.stderr.close()


def check_verify_as_nobody(findings, installed):
    """Without walls one process of a user may trace the other: to attach would stop it, for ever where both share a processor."""
    one_processor = {min(os.sched_getaffinity(0))}
    verified = run(installed.weir, "--verify", user=USER, group=GROUP, extra_groups=[],
                   preexec_fn=lambda: os.sched_setaffinity(0, one_processor))
    findings.check(verified.returncode == 0, f"--verify as nobody: {verified}")


def main():
    need_root()
    findings = Findings()
    check_root_says_so(findings)
    if os.environ.get("WEIR_SANITIZE"):
        check_verify_can_fail(findings)
        findings.finish("a sanitizer build, which has no walls")
    verified = run(WEIR, "--verify")
    print(verified.stdout)
    findings.check(verified.returncode == 0 and verified.stdout.count("\n") > 20, f"--verify: {verified}")
    user = run("id", "-u", "weir")
    check_state(findings, [], int(user.stdout) if user.returncode == 0 else 65534)
    check_state(findings, ["--allow-root"], 0)
    with Installed() as installed:
        check_verify_as_nobody(findings, installed)
        check_capability_is_refused(findings, installed)
    findings.finish("the walls")


main()
