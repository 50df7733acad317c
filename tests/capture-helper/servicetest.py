"""A capture service for the tests: weir-capture --listen with a policy of the test's own, and its clients.

Must end only what it started.
"""

import atexit
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from capturetest import folder, own_words, status_of
from weirtest import need_root

PROGRAM, POLICY = (sys.argv + ["", ""])[1:3]


class Service:
    """Started as root, by the command `before` where there is one; `said()` is what it wrote on standard error so far."""

    def __init__(self, policy, before=()):
        need_root("to start the service")
        write_policy(policy)
        self.where = roots_folder()
        self.path = str(self.where / "capture.sock")
        self.log = open(self.where / "log", "w+b")
        self.process = subprocess.Popen([*before, copy_of_program(self.where), "--listen", self.path], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=self.log)
        atexit.register(self.kill)
        for _ in range(500):
            if self.process.poll() is None and int(status_of(self.process.pid).get("CapAmb", "0"), 16) != 0:
                break  # it listens, and hands its capability down
            time.sleep(0.01)
        os.chmod(self.path, 0o666)  # here everybody may ask: the policy decides

    def said(self):
        return own_words((self.where / "log").read_text(errors="replace"))

    def audit(self):
        """Its audit lines, a dictionary of fields each."""
        return [fields for fields in map(audit_fields, self.said().splitlines()) if fields]

    def children(self):
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def stop(self):
        self.process.terminate()
        return self.process.wait(5)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def roots_folder():
    """A folder that everybody may enter and root alone may write."""
    where = folder()
    where.chmod(0o755)
    return where


def copy_of_program(where):
    """A copy that the user who the service becomes may execute, wherever this was built."""
    copy = shutil.copy(PROGRAM, where)
    os.chmod(copy, 0o755)
    return copy


def audit_fields(line):
    """The fields of an audit line, read as a stranger to its writer would: words KEY=VALUE, a value in quotation marks up to
    the next one that no backslash escapes. None where the line is no audit line, or not one by this grammar."""
    prefix = "weir-capture: audit: "
    word = r'([a-z]+)=("(?:[^"\\]|\\.)*"|[^" ]+)'
    if not line.startswith(prefix) or not re.fullmatch(rf"{word}(?: {word})*", line[len(prefix):]):
        return None
    return dict(re.findall(word, line[len(prefix):]))


def write_policy(text):
    if not os.path.isabs(POLICY):
        raise SystemExit("the test needs the path of its policy file")
    Path(POLICY).parent.mkdir(mode=0o755, exist_ok=True)
    atexit.register(remove_policy)
    Path(POLICY).write_text(text)
    os.chown(POLICY, 0, 0)
    os.chmod(POLICY, 0o644)


def remove_policy():
    """The file and, where nothing else is in it, its folder."""
    if os.path.lexists(POLICY):
        os.unlink(POLICY)
    try:
        os.rmdir(os.path.dirname(POLICY))
    except OSError:
        pass  # gone already


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
