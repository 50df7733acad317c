"""What weir was started with and does not need it does not keep: a descriptor that its caller left open is closed before the
walls, one that the command line names is when it has been opened. And what others say it prints without control characters."""

import os
import socket
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from weirtest import WEIR, Findings, need_root, run

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)  # a pcap file without a packet


def held_by(pid):
    return sorted(os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir())


def check_descriptors(findings, where):
    secret = where / "secret"
    secret.write_text("nobody's business\n")
    spare = os.open(secret, os.O_RDONLY)
    ends = os.pipe()
    for how, arguments, extra in (("left open", ["-r", "-"], ()), ("left open beside one that is named", ["-r", f"/dev/fd/{ends[0]}"], (ends[0],))):
        process = subprocess.Popen([WEIR, "--json", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   pass_fds=(spare, *extra))
        if extra:
            os.write(ends[1], HEADER)
        else:
            process.stdin.write(HEADER)
            process.stdin.flush()
        until = time.monotonic() + 10
        while "Seccomp:\t0" in Path(f"/proc/{process.pid}/status").read_text() and time.monotonic() < until \
                and not os.environ.get("WEIR_SANITIZE"):
            time.sleep(0.01)
        time.sleep(0.2)
        held = held_by(process.pid)
        findings.check(str(secret) not in held, f"{how}: it holds {held}")
        findings.check(not extra or held.count(os.readlink(f"/proc/self/fd/{ends[0]}")) == 1, f"{how}: the named one twice: {held}")
        process.stdin.close()
        if extra:
            os.close(ends[1])
        status = process.wait(10)
        said = process.stdout.read().decode()
        findings.check(status == 0 and '"capture.end"' in said, f"{how}: status {status}, {said} {process.stderr.read()}")
    os.close(spare)


def check_words(findings, where):
    """A service, or who sits in its place, tries to write on the terminal of its client."""
    path = str(where / "service")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def answer():
            client = listener.accept()[0]
            client.recv(4096)
            client.sendall("error failed \x1b]0;owned\x07 \x1b[2J \x9b2J \x7f \u00e9\n".encode())
            client.close()
        threading.Thread(target=answer, daemon=True).start()
        os.chmod(path, 0o666)
        told = run(WEIR, "--connect", path, "-i", "lo")
    findings.check(told.returncode == 1 and "\\x1b]0;owned\\x07" in told.stderr and "\u00e9" in told.stderr, f"a service's words: {told}")
    helper = where / "helper"
    helper.write_text("#!/bin/sh\nprintf 'weir-capture: warning: \\033[2J one\\nweir-capture: \\033[2J two\\n' >&2\nexit 1\n")
    helper.chmod(0o755)
    both = told.stderr
    told = run(WEIR, "--helper", str(helper), "-i", "lo")
    findings.check("\\x1b[2J two" in told.stderr, f"a helper's words: {told}")
    wild = [c for c in both + told.stderr if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]
    findings.check(not wild, f"control characters on standard error: {wild}")


def main():
    need_root("to look at what a process that cannot be dumped holds")
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        check_descriptors(findings, Path(folder))
        check_words(findings, Path(folder))
    findings.finish("descriptors and words of others")


main()
