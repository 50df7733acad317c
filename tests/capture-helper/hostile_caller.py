"""A helper that is set-user-ID root, started by a hostile caller: closed standard descriptors, a thousand open ones, tiny
resource limits, blocked and ignored signals, loader and locale variables, a megabyte of arguments, no argument at all.
In each case it either runs clean or ends with one line and a documented status."""

import ctypes
import os
import resource
import shutil
import signal
import subprocess

from capturetest import NOBODY, Capture, capable, folder, free_port, own_words, send, status_of
from weirtest import Findings


def main():
    findings = Findings()
    where = folder()
    helper = where / "setuid"
    shutil.copyfile(capable(where), helper)
    helper.chmod(0o4755)
    port = free_port()
    only = f"udp port {port}"

    def ended(what, status, words, prepare=None, arguments=("-i", "lo", only), **how):
        """It must end by itself with this status and one line."""
        done = subprocess.run([str(helper), *arguments], stdin=subprocess.DEVNULL, stdout=how.pop("stdout", subprocess.PIPE),
                              stderr=subprocess.PIPE, check=False, timeout=10, preexec_fn=prepare, **{**NOBODY, **how})
        error = own_words(done.stderr.decode(errors="replace"))
        findings.check(done.returncode == status and words in error and error.count("\n") <= 1, f"{what}: {done.returncode} {error!r}")

    def streams(what, prepare=None, **how):
        """It must run, and hear SIGTERM."""
        capture = Capture(helper, "-i", "lo", only, preexec_fn=prepare, **how)
        if not capture.wait_for(lambda data: len(data) > 100):
            capture.kill()
            findings.add(f"{what}: it did not start: {capture.process.stderr.read()}")
            return None
        told = status_of(capture.process.pid)
        open_files = len(os.listdir(f"/proc/{capture.process.pid}/fd"))
        folder_now = os.readlink(f"/proc/{capture.process.pid}/cwd")
        send(port, 3)
        status, data, error = capture.end()
        findings.check(status == 0 and len(data) > 300 and not error, f"{what}: {status} {error!r}, {len(data)} bytes")
        findings.check(open_files <= 8, f"{what}: {open_files} open files")
        findings.check(folder_now == "/", f"{what}: in {folder_now}")
        findings.check(int(told["CapPrm"], 16) == 0 and "0" not in told["Uid"].split(), f"{what}: {told['Uid']}")
        return told

    streams("nothing special")
    streams("closed stdin", lambda: os.close(0))
    streams("closed stderr", lambda: os.close(2))
    ended("closed stdout", 2, "standard output is", lambda: os.close(1))
    ended("all closed", 2, "", lambda: [os.close(fd) for fd in (0, 1, 2)])

    def thousand():
        resource.setrlimit(resource.RLIMIT_NOFILE, (2048, 2048))
        for _ in range(1000):
            os.set_inheritable(os.dup(0), True)
    streams("a thousand open descriptors", thousand, close_fds=False)

    def files(soft, hard):
        return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    ended("RLIMIT_NOFILE 0", 127, "loading shared libraries", files(0, 0))  # the loader itself gives up
    ended("RLIMIT_NOFILE 10", 1, "at least 64", files(10, 10))
    streams("soft RLIMIT_NOFILE of 5", files(5, 4096))
    target = where / "out"
    with open(target, "wb") as file:
        ended("RLIMIT_FSIZE of 1", 1, "File too large", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1)), stdout=file)

    def deaf():
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)
    told = streams("blocked and ignored signals", deaf)
    if told:
        findings.check(int(told["SigBlk"], 16) == 0, f"blocked signals: {told['SigBlk']}")

    evil = {"LD_PRELOAD": "/tmp/evil.so", "LD_LIBRARY_PATH": "/tmp", "LD_AUDIT": "/tmp/evil.so", "LC_ALL": "../../tmp/evil",
            "LANG": "x" * 100000, "LOCPATH": "/tmp", "TZ": "/tmp/evil", "GCONV_PATH": "/tmp", "MALLOC_TRACE": str(where / "trace"),
            "PATH": "/tmp", "IFS": "/", "POSIXLY_CORRECT": "1"}
    streams("loader and locale variables", env=evil)
    findings.check(not (where / "trace").exists(), "MALLOC_TRACE was followed")

    ended("a megabyte of arguments", 2, "16384", arguments=["-i", "lo", *(["x" * 100_000] * 10)])
    ended("thousands of arguments", 2, "16384", arguments=["y"] * 60_000)
    ended("too many interfaces", 2, "at most 32", arguments=["-i", "lo"] * 200)
    ended("an interface that is a path", 2, "interface", arguments=["-i", "../../etc/passwd"])
    ended("a device that is no interface", 2, "no interface", arguments=["-i", "dbus-system"])
    ended("bytes that are no text", 2, "", arguments=["-i", "lo", b"\xff\xfe\x01"])
    ended("a socket made by a set-user-ID program", 3, "set-user-ID", arguments=["--listen", str(where / "s")])

    def nameless():
        """execve with argc 0; the kernel makes it one empty string since 5.18."""
        libc = ctypes.CDLL(None, use_errno=True)
        empty = (ctypes.c_char_p * 1)(None)
        libc.execve(str(helper).encode(), empty, empty)
        os._exit(111)
    ended("argc 0", 2, "without a name", nameless)
    findings.finish("hostile callers")


main()
