"""What the helper's script tests share: a copy of weir-capture with its file capability, run as nobody; traffic on
loopback; a reader of pcapng blocks written apart from the product's own.

Must end only what it started.
"""

import atexit
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from weirtest import WEIR_CAPTURE, need_root, skip

NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}
SANITIZED = bool(os.environ.get("WEIR_SANITIZE"))
SHB, IDB, ISB, EPB = 0x0A0D0D0A, 1, 5, 6


def own_words(text):
    """What the helper said, without the warnings that a sanitizer build begins with, and a machine without its user."""
    usual = ("warning: this is a sanitizer build", "warning: there is no user weir-capture")
    return "".join(line for line in text.splitlines(keepends=True) if not any(words in line for words in usual))


def folder():
    """A temporary folder that nobody may enter and write. Only for tests that need root."""
    need_root("to give a copy of the helper its capability")
    path = Path(tempfile.mkdtemp(prefix="weir-capture-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    path.chmod(0o777)
    return path


def capable(where, program=WEIR_CAPTURE, name="weir-capture"):
    """A copy of the program that has cap_net_raw; skips where that cannot be."""
    copy = Path(where) / name
    shutil.copy(program, copy)
    copy.chmod(0o755)
    setcap = shutil.which("setcap", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if setcap is None or subprocess.run([setcap, "cap_net_raw+ep", copy], check=False).returncode != 0:
        skip("setcap does not work here")
    return copy


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def send(port, count=1, size=100, address="127.0.0.1"):
    """UDP datagrams; each one is one packet on lo."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        for i in range(count):
            s.sendto(struct.pack("!I", i).ljust(size, b"x"), (address, port))


def blocks(data):
    """(type, body) of each whole block; an incomplete one at the end raises."""
    out, at = [], 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if size % 4 or size < 12 or at + size > len(data):
            raise ValueError(f"torn block at {at}")
        if struct.unpack_from("<I", data, at + size - 4)[0] != size:
            raise ValueError(f"lengths of the block at {at} differ")
        out.append((kind, data[at + 8:at + size - 4]))
        at += size
    return out


def options(body, at):
    found = {}
    while at + 4 <= len(body):
        code, size = struct.unpack_from("<HH", body, at)
        if code == 0:
            break
        found.setdefault(code, body[at + 4:at + 4 + size])
        at += 4 + size + -size % 4
    return found


def packets(all_blocks):
    """(interface, nanoseconds, original length, bytes, flags) of each packet."""
    out = []
    for kind, body in all_blocks:
        if kind == EPB:
            index, high, low, size, original = struct.unpack_from("<IIIII", body)
            flags = options(body, 20 + size + -size % 4).get(2)
            out.append((index, high << 32 | low, original, body[20:20 + size], flags and struct.unpack("<I", flags)[0]))
    return out


def statistics(all_blocks):
    """{interface: [(received, dropped, delivered), ...]}"""
    out = {}
    for kind, body in all_blocks:
        if kind == ISB:
            found = options(body, 12)
            row = tuple(struct.unpack("<Q", found[code])[0] for code in (4, 7, 8))
            out.setdefault(struct.unpack_from("<I", body)[0], []).append(row)
    return out


class Capture:
    """A running helper. `output` collects its standard output, unless it is a stopped reader."""

    def __init__(self, program, *arguments, stdout=subprocess.PIPE, **how):
        how = {**NOBODY, **how}
        self.process = subprocess.Popen([str(program), *arguments], stdin=subprocess.DEVNULL, stdout=stdout,
                                        stderr=subprocess.PIPE, cwd="/", **how)
        atexit.register(self.kill)
        self.data = b""
        if self.process.stdout is not None:
            os.set_blocking(self.process.stdout.fileno(), False)

    def pump(self):
        """Reads what is there."""
        while True:
            try:
                piece = os.read(self.process.stdout.fileno(), 1 << 20)
            except BlockingIOError:
                return True
            if not piece:
                return False
            self.data += piece

    def wait_for(self, what, seconds=10):
        """Reads until `what(data)` holds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            going_on = self.pump()
            if what(self.data):
                return True
            if not going_on:
                break
            time.sleep(0.005)
        return False

    def started(self):
        if not self.wait_for(lambda data: len(data) > 100):
            self.process.kill()
            raise SystemExit(f"the capture did not start: {self.process.communicate()[1].decode()}")
        return self

    def end(self, signal=15, seconds=10):
        """Ends it by a signal; (status, blocks, standard error)."""
        self.process.send_signal(signal)
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            self.pump()
            time.sleep(0.002)
        status = self.process.wait(1)
        self.pump()
        return status, self.data, own_words(self.process.stderr.read().decode())

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def status_of(pid):
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
