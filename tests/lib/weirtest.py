"""What the script tests share: the programs under test, how a failure and a skip are said.

Must not start anything by itself.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("WEIR_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get("WEIR_BUILD_DIR", SOURCE / "build" / "release"))
WEIR = os.environ.get("WEIR", str(BUILD / "dissector" / "weir"))
WEIR_CAPTURE = os.environ.get("WEIR_CAPTURE", str(BUILD / "capture-helper" / "weir-capture"))


def skip(why):
    """Ends the test as skipped, aloud."""
    print(f"SKIPPED: {why}")
    sys.exit(77)


def need_root(why):
    """Goes on as root: where this is not, starts this test again by sudo if scripts/test was given it (WEIR_SUDO=yes), and
    skips it otherwise. To be called before anything else is done."""
    if os.geteuid() == 0:
        return
    if os.environ.get("WEIR_SUDO") != "yes":
        skip(f"needs root {why}")
    kept = [f"{name}={value}" for name, value in os.environ.items() if name.startswith(("WEIR", "PYTHON", "ASAN", "UBSAN"))]
    os.execvp("sudo", ["sudo", "-n", "env", *kept, sys.executable, os.path.abspath(sys.argv[0]), *sys.argv[1:]])


class Findings:
    """Collects what is wrong; `finish` prints it and ends the test."""

    def __init__(self):
        self.list = []

    def add(self, what):
        self.list.append(what)

    def check(self, holds, what):
        if not holds:
            self.add(what)

    def finish(self, summary):
        for what in self.list:
            print(f"FAILED: {what}")
        print(f"{summary}; {len(self.list)} findings")
        sys.exit(1 if self.list else 0)


def run(*command, **how):
    """Runs a command to its end with its output kept; never longer than a minute."""
    how.setdefault("timeout", 60)
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **how)


def said(text):
    """What weir wrote on standard error, but that it left root and that it is a sanitizer build: tests may run so or not."""
    lines = (text.decode(errors="replace") if isinstance(text, bytes) else text).splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("weir: started as root, goes on as ")
                   and "warning: this is a sanitizer build" not in line)


def events(text):
    """The events of a JSON-lines text, duplicate keys refused."""
    def unique(pairs):
        keys = [key for key, _ in pairs]
        if len(keys) != len(set(keys)):
            raise ValueError(f"duplicate keys in {keys}")
        return dict(pairs)
    return [json.loads(line, object_pairs_hook=unique) for line in text.splitlines()]


def tracked(*patterns):
    """The project's own files (git's, or all but build where there is no git), as paths relative to the root."""
    listed = subprocess.run(["git", "-C", str(SOURCE), "-c", f"safe.directory={SOURCE}", "ls-files", "-co",
                             "--exclude-standard"], capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.splitlines()]
    else:
        names = [path.relative_to(SOURCE) for path in SOURCE.rglob("*") if path.is_file()]
        names = [name for name in names if name.parts[0] not in ("build", ".git")]
    names = sorted({name for name in names if (SOURCE / name).is_file()})
    return [name for name in names if not patterns or any(name.match(pattern) for pattern in patterns)]


def code(path):
    """A C++ file with comments blanked, line numbers kept. String literals stay: no comment starts inside one of
    ours but in URLs, which this keeps too."""
    out, text, i = [], (SOURCE / path).read_text(), 0
    while i < len(text):
        if text.startswith("//", i):
            i = text.find("\n", i) if "\n" in text[i:] else len(text)
        elif text.startswith("/*", i):
            end = text.find("*/", i + 2) + 2
            out.append("\n" * text.count("\n", i, end))
            i = end
        elif text[i] == '"' and text[i - 1:i] != "'":
            end = i + 1
            while end < len(text) and text[end] not in '"\n':
                end += 2 if text[end] == "\\" else 1
            out.append(text[i:end + 1])
            i = end + 1
        else:
            out.append(text[i])
            i += 1
    return "".join(out)
