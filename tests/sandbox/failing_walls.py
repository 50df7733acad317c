"""A wall of the dissector that cannot be raised, or only seems to stand, ends it with one line before it reads a byte. Only what
a kernel may lack is told instead: Landlock, without which a file is not opened anew either."""

import errno
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from pcapmake import Capture, http_exchange
from sabotage import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, failing, without_landlock
from weirtest import WEIR, Findings, events, need_root, run, said, skip

NOBODY = 65534
LIE = 0

# who starts it, what fails, the status, a word of the line
FATAL = (
    (0, [("setgroups", errno.EPERM, {})], 3, "root cannot become"),
    (0, [("setresgid", errno.EPERM, {})], 3, "root cannot become"),
    (0, [("setresuid", errno.EAGAIN, {})], 3, "root cannot become"),
    (0, [("setresuid", LIE, {})], 3, "root did not go"),
    (0, [("setuid", LIE, {})], 3, "root did not go"),
    (NOBODY, [("capget", errno.EPERM, {})], 3, "capability"),
    (NOBODY, [("prctl", errno.EINVAL, {0: PR_SET_DUMPABLE})], 1, "undumpable"),
    (NOBODY, [("prctl", LIE, {0: PR_SET_DUMPABLE})], 1, "still dumpable"),
    (NOBODY, [("prctl", errno.EINVAL, {0: PR_SET_NO_NEW_PRIVS})], 1, "NO_NEW_PRIVS"),
    (NOBODY, [("prctl", LIE, {0: PR_SET_NO_NEW_PRIVS})], 1, "NO_NEW_PRIVS did not hold"),
    (NOBODY, [("landlock_restrict_self", errno.EPERM, {})], 1, "Landlock"),
    (NOBODY, [("landlock_create_ruleset", errno.ENOMSG, {2: 0})], 1, "Landlock"),
    (NOBODY, [("seccomp", errno.EINVAL, {}), ("prctl", errno.EINVAL, {0: PR_SET_SECCOMP})], 1, "seccomp"),
)


def check_fatal(findings, weir, capture):
    for user, calls, status, words in FATAL:
        for way in (["-r", capture], ["--connect", "/nosuch", "-i", "lo"]):
            told = run(weir, *way, preexec_fn=failing(*calls, user=user), timeout=10, cwd="/")
            line = said(told.stderr)
            findings.check(told.returncode == status and not told.stdout and line.count("\n") == 1 and words in line,
                           f"{calls}, {way[0]}: {told}")


def check_no_landlock(findings, weir, folder, capture):
    for number in (errno.ENOSYS, errno.EOPNOTSUPP):
        calls = [("landlock_create_ruleset", number, {})]
        told = run(weir, "-r", capture, preexec_fn=failing(*calls, user=NOBODY))
        walls = events(told.stdout)[0]["sandbox"]["dissector"]
        findings.check(told.returncode == 0 and walls.endswith(" landlock=none seccomp"), f"without Landlock: {told}")
    log = folder / "log"
    weir = subprocess.Popen([weir, "-r", "-", "--append", "-o", log], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                            preexec_fn=failing(without_landlock(), user=NOBODY))
    data = capture.read_bytes()
    weir.stdin.write(data)
    weir.stdin.flush()
    deadline = time.monotonic() + 10
    while (not log.exists() or "capture.start" not in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    log.rename(folder / "old")
    weir.send_signal(signal.SIGHUP)
    line = weir.stderr.readline()
    weir.communicate(timeout=10)
    findings.check(b"anew: Permission denied; going on in the old file" in line and weir.returncode == 0
                   and "capture.end" in (folder / "old").read_text() and not log.exists(), f"--append without Landlock: {line}")


def main():
    if os.environ.get("WEIR_SANITIZE"):
        skip("a sanitizer build has no walls; capture.start says so")
    need_root("to start it as root and as nobody")
    findings = Findings()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        weir = shutil.copy(WEIR, folder)
        capture = folder / "capture.pcapng"
        made = Capture()
        http_exchange(made, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n")
        capture.write_bytes(made.pcapng())
        check_fatal(findings, weir, capture)
        check_no_landlock(findings, weir, folder, capture)
    print(f"{len(FATAL)} steps that fail or lie end it, by two ways in; without Landlock it says so")
    findings.finish("failing walls of the dissector")


main()
