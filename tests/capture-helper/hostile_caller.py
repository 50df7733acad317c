"""A helper that is set-user-ID root, and one with a file capability, started by a hostile caller: closed standard descriptors, a thousand open ones, tiny
resource limits, blocked and ignored signals, loader and locale variables, a megabyte of arguments, no argument at all.
In each case it either runs clean or ends with one line and a documented status."""

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

from capturetest import NOBODY, SANITIZED, Capture, capable, folder, free_port, own_words, send, status_of
from weirtest import Findings, run


def main():
    findings = Findings()
    where = folder()
    capability = capable(where)
    setuid, plain = where / "setuid", where / "plain"
    for copy, mode in ((setuid, 0o4755), (plain, 0o755)):
        shutil.copyfile(capability, copy)
        copy.chmod(mode)
    evil = evil_library(findings, where, plain)
    attack(findings, where, "setuid", setuid, evil)
    attack(findings, where, "file capability", capability, evil)
    findings.finish("hostile callers")


def evil_library(findings, where, plain):
    """A library that leaves a mark wherever it is loaded; shown on a program without privilege first."""
    library, mark = where / "evil.so", where / "mark"
    compiler = shutil.which("cc")
    if compiler is None:
        print("SKIPPED: no C compiler (a library to preload)")
        return library
    source = where / "evil.c"
    source.write_text('#include <fcntl.h>\n__attribute__((constructor)) static void mark(void) {'
                      f' open("{mark}", O_CREAT | O_WRONLY, 0666); }}\n')
    run(compiler, "-shared", "-fPIC", "-o", library, source)
    if not SANITIZED:
        run(plain, "--version", env={"LD_PRELOAD": str(library)})
        findings.check(mark.exists(), "the evil library does nothing")
    mark.unlink(missing_ok=True)
    return library


def attack(findings, where, way, helper, library):
    port = free_port()
    only = f"udp port {port}"

    def ended(what, status, words, prepare=None, arguments=("-i", "lo", only), **how):
        """It must end by itself with this status and one line."""
        what = f"{way}: {what}"
        done = subprocess.run([str(helper), *arguments], stdin=subprocess.DEVNULL, stdout=how.pop("stdout", subprocess.PIPE),
                              stderr=subprocess.PIPE, check=False, timeout=10, preexec_fn=prepare, **{**NOBODY, **how})
        error = own_words(done.stderr.decode(errors="replace"))
        findings.check(done.returncode == status and words in error and error.count("\n") <= 1, f"{what}: {done.returncode} {error!r}")

    def streams(what, prepare=None, pause=0.0, **how):
        """It must run, show nothing of its caller, and hear SIGTERM."""
        what = f"{way}: {what}"

        def leave_traces():
            os.chdir(where)
            os.umask(0)
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            if prepare:
                prepare()
        capture = Capture(helper, "-i", "lo", only, preexec_fn=leave_traces, **how)
        if not capture.wait_for(lambda data: len(data) > 100):
            capture.kill()
            findings.add(f"{what}: it did not start: {capture.process.stderr.read()}")
            return
        told = status_of(capture.process.pid)
        open_files = len(os.listdir(f"/proc/{capture.process.pid}/fd"))
        folder_now = os.readlink(f"/proc/{capture.process.pid}/cwd")
        limits = Path(f"/proc/{capture.process.pid}/limits").read_text()
        loaded = Path(f"/proc/{capture.process.pid}/maps").read_text()
        time.sleep(pause)
        send(port, 3)
        status, data, error = capture.end()
        findings.check(status == 0 and len(data) > 300 and not error, f"{what}: {status} {error!r}, {len(data)} bytes")
        findings.check(open_files <= 8, f"{what}: {open_files} open files")
        findings.check(folder_now == "/", f"{what}: in {folder_now}")
        findings.check(int(told["CapPrm"], 16) == 0 and "0" not in told["Uid"].split(), f"{what}: {told['Uid']}")
        findings.check(told["Umask"] == "0077", f"{what}: umask {told['Umask']}")
        findings.check(int(told["SigBlk"], 16) == 0, f"{what}: blocked signals: {told['SigBlk']}")
        ignored = 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1
        findings.check(SANITIZED or int(told["SigIgn"], 16) == ignored, f"{what}: ignored signals: {told['SigIgn']}")
        findings.check("Max core file size        0 " in limits, f"{what}: it may dump core: {limits}")
        findings.check(str(library) not in loaded and not (where / "mark").exists(), f"{what}: the caller's library is loaded")

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
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
    streams("blocked and ignored signals", deaf)
    streams("an alarm that is set", lambda: signal.setitimer(signal.ITIMER_REAL, 0.3), pause=0.5)

    def no_resources():
        for name in (resource.RLIMIT_MEMLOCK, resource.RLIMIT_SIGPENDING, resource.RLIMIT_MSGQUEUE):
            resource.setrlimit(name, (0, 0))
    streams("limits of nothing", no_resources)
    ended("no process more", 1, "cannot start a child", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (0, 0)))

    evil = {"LD_PRELOAD": str(library), "LD_LIBRARY_PATH": str(where), "LD_AUDIT": str(library), "LD_DEBUG": "all",
            "LD_DEBUG_OUTPUT": str(where / "trace"), "GLIBC_TUNABLES": "glibc.malloc.check=3", "LC_ALL": "../../tmp/evil",
            "LANG": "x" * 100000, "LOCPATH": "/tmp", "TZ": "/tmp/evil", "GCONV_PATH": "/tmp", "MALLOC_TRACE": str(where / "trace"),
            "PATH": "/tmp", "IFS": "/", "POSIXLY_CORRECT": "1"}
    streams("loader and locale variables", env=evil)
    findings.check(not list(where.glob("trace*")), f"{way}: a variable named a file to write")

    ended("a megabyte of arguments", 2, "16384", arguments=["-i", "lo", *(["x" * 100_000] * 10)])
    ended("thousands of arguments", 2, "16384", arguments=["y"] * 60_000)
    ended("too many interfaces", 2, "at most 32", arguments=["-i", "lo"] * 200)
    ended("an interface that is a path", 2, "interface", arguments=["-i", "../../etc/passwd"])
    ended("a device that is no interface", 2, "no interface", arguments=["-i", "dbus-system"])
    ended("bytes that are no text", 2, "", arguments=["-i", "lo", b"\xff\xfe\x01"])
    if way == "setuid":
        ended("a socket made by a set-user-ID program", 3, "set-user-ID", arguments=["--listen", str(where / "s")])

    def nameless():
        """execve with argc 0; the kernel makes it one empty string since 5.18."""
        libc = ctypes.CDLL(None, use_errno=True)
        empty = (ctypes.c_char_p * 1)(None)
        libc.execve(str(helper).encode(), empty, empty)
        os._exit(111)
    ended("argc 0", 2, "without a name", nameless)


main()
