"""A capture service for the tests: weir-capture --listen with a policy of the test's own, and its clients.

Must end only what it started.
"""

import atexit
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from capturetest import folder, own_words
from weirtest import need_root

PROGRAM, POLICY = (sys.argv + ["", ""])[1:3]


class Service:
    """Started as root; `say` is what it wrote on standard error so far."""

    def __init__(self, policy):
        need_root("to start the service")
        write_policy(policy)
        self.where = folder()
        self.path = str(self.where / "capture.sock")
        self.log = open(self.where / "log", "w+b")
        self.process = subprocess.Popen([PROGRAM, "--listen", self.path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.log)
        atexit.register(self.kill)
        for _ in range(500):
            if os.path.exists(self.path) and os.stat(self.path).st_mode & 0o777 == 0o660:
                break
            time.sleep(0.01)
        os.chmod(self.path, 0o666)  # here everybody may ask: the policy decides

    def said(self):
        return own_words((self.where / "log").read_text(errors="replace"))

    def children(self):
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def stop(self):
        self.process.terminate()
        return self.process.wait(5)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def write_policy(text):
    Path(POLICY).write_text(text)
    os.chown(POLICY, 0, 0)
    os.chmod(POLICY, 0o644)


def connect(path, user=65534, group=65534, groups=()):
    """A client socket of that user; the peer sees the credentials at the time of connect()."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    if user == 0:
        s.connect(path)
        return s
    os.setgroups(groups)
    os.setresgid(-1, group, -1)
    os.setresuid(-1, user, -1)
    try:
        s.connect(path)
    finally:
        os.setresuid(-1, 0, -1)
        os.setresgid(-1, 0, -1)
        os.setgroups([])
    return s


def ask(path, line, **who):
    """(socket, answer line, what came behind it); the socket stays open for the stream."""
    s = connect(path, **who)
    try:
        s.sendall(line if isinstance(line, bytes) else line.encode() + b"\n")
    except (BrokenPipeError, ConnectionResetError):
        pass
    data = b""
    while b"\n" not in data:
        try:
            piece = s.recv(65536)
        except ConnectionResetError:
            break
        if not piece:
            break
        data += piece
    answer, _, rest = data.partition(b"\n")
    return s, answer.decode(errors="replace"), rest
