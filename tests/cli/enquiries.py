"""What weir answers instead of running, as nobody where the test runs as root: its interfaces are those of the kernel, and
everybody may ask."""

import os
import shutil
import socket
import subprocess
import tempfile

from weirtest import WEIR, Findings, events, run

NOBODY = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}


def ask(*options):
    with tempfile.TemporaryDirectory() as folder:  # nobody may not enter every folder where one builds
        os.chmod(folder, 0o755)
        return run(shutil.copy(WEIR, folder), *options, **NOBODY)


def main():
    findings = Findings()
    kernels = {name for _, name in socket.if_nameindex()} | {"any"}
    text = ask("--list-interfaces")
    rows = [line.split("\t") for line in text.stdout.splitlines()]
    findings.check(text.returncode == 0 and {row[0] for row in rows} == kernels and all(len(row) == 3 for row in rows),
                   f"--list-interfaces: {text}")
    loopback = next((row for row in rows if row[0] == "lo"), ["", "", ""])
    findings.check("loopback" in loopback[1].split(",") and "127.0.0.1" in loopback[2].split(","), f"loopback: {loopback}")
    told = ask("--list-interfaces", "--json")
    lines = events(told.stdout)
    findings.check(told.returncode == 0 and [line["name"] for line in lines] == [row[0] for row in rows], f"--json: {told}")
    findings.check(all(line["addresses"] == [a for a in row[2].split(",") if a] and line["up"] == ("up" in row[1].split(","))
                       for line, row in zip(lines, rows)), f"text and JSON differ: {text.stdout} {told.stdout}")
    for option in ("--schema", "--events-reference", "--version", "--help"):
        done = ask(option)
        findings.check(done.returncode == 0 and done.stdout and not done.stderr, f"{option}: {done}")
    with open("/dev/full", "w") as full:
        for option in ("--schema", "--list-interfaces"):
            done = subprocess.run([WEIR, option], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
            findings.check(done.returncode == 1 and "No space left" in done.stderr, f"{option} into a full disk: {done}")
    findings.finish("enquiries")


main()
