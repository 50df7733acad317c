"""weir-capture --verify: each act is stopped in each of the ways in, by the wall that is meant to; without that wall nothing is
called stopped. What happens when a wall has a hole, mutation.py shows."""

import shutil
import sys

from capturetest import NOBODY, capable, folder
from sabotage import failing, without_landlock
from weirtest import WEIR_CAPTURE, Findings, run

BY_LANDLOCK = ("read a file", "list a folder", "write a file", "signal another process")
REFUSED = BY_LANDLOCK[:3]  # by seccomp; what else it stops it kills
ACTS = ("open a packet socket", "open a TCP socket", "open a UDP socket", "remove the filter of the packet socket",
        "bind the packet socket elsewhere", "map the packet socket", *REFUSED, "change the times of a file", "read from its client",
        "write to its standard input", "fork", "execute a program", "trace its parent", "signal another process", "become root",
        "enter a user namespace", "change the root directory", "mount a file system", "load a BPF program", "get executable memory")


def verdicts(text):
    return dict(line.rsplit(": ", 1) for line in text.splitlines() if ": " in line)


def main():
    findings = Findings()
    where = folder()
    helper = capable(where)
    setuid = where / "setuid"
    shutil.copyfile(helper, setuid)
    setuid.chmod(0o4755)
    plain = where / "plain"
    shutil.copyfile(helper, plain)
    plain.chmod(0o755)
    as_systemd = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+net_raw",
                  "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw"]

    for how, command, who in (("file capability", [helper], NOBODY), ("setuid root", [setuid], NOBODY),
                              ("setuid root, groups", [setuid], {**NOBODY, "extra_groups": [4, 24]}),
                              ("root", [plain], {}), ("as systemd starts it", [*as_systemd, plain], {}),
                              ("on any", [helper, "-i", "any"], NOBODY)):
        told = run(*command, "--verify", **who)
        said = verdicts(told.stdout)
        if list(said) != [*ACTS, "any other system call"]:
            findings.add(f"{how}: other acts than the list: {told}")
            continue
        for what in ACTS:
            by = ["refused by Landlock"] * (what in BY_LANDLOCK) + ["refused by seccomp" if what in REFUSED else "killed by seccomp"]
            findings.check(said[what] == ", ".join(by), f"{how}: {what}: {said[what]}")
        findings.check(told.returncode == 0 and told.stdout.endswith("22 of 22 acts were stopped\n"), f"{how}: {told}")

    # the control: no seccomp, with and without Landlock; nothing may be called stopped then
    for how, prepare in (("no wall", failing(without_landlock())), ("Landlock alone", None)):
        told = run(sys.argv[1], preexec_fn=prepare)
        if told.returncode == 77:
            print("SKIPPED: the control needs a packet socket")
            break
        said = verdicts(told.stdout)
        stopped = [what for what in ACTS if said.get(what) != "NOT STOPPED"]
        findings.check(told.returncode == 1 and not stopped and "\n0 of 22 " in told.stdout, f"{how}: stopped: {stopped} {told}")
    print("--verify: 22 of 22 acts and every other system call stopped in 6 runs; without seccomp none is called stopped")
    findings.finish("--verify")


main()
