"""weir-capture --verify: each act is stopped in each of the three ways in, by the system call that it is about; and each
would go through without the walls, or the line would prove nothing."""

import re
import shutil
import sys

from capturetest import NOBODY, capable, folder
from sabotage import failing, without_landlock
from weirtest import WEIR_CAPTURE, Findings, run

# what --verify tries, and the system call in which the child must die; none: it is refused
ACTS = {
    "open a packet socket": "socket", "open a TCP socket": "socket", "open a UDP socket": "socket",
    "remove the filter of the packet socket": "setsockopt", "bind the packet socket elsewhere": "bind",
    "read /etc/shadow": None, "read its own program": None, "write a file": None,
    "change the times of a file": "utimensat", "read from its client": "read", "fork": "clone", "execute a program": "execve",
    "trace its parent": "ptrace", "signal another process": "kill", "become root": "setresuid",
    "enter a user namespace": "unshare", "change the root directory": "chroot", "mount a file system": "mount",
    "load a BPF program": "bpf", "get executable memory": "mmap",
}
BY_LANDLOCK = ("read /etc/shadow", "read its own program", "write a file", "execute a program",
               "trace its parent", "mount a file system")


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
        if list(said) != list(ACTS):
            findings.add(f"{how}: other acts than the list: {told}")
            continue
        for what, verdict in said.items():
            findings.check(verdict == ("killed by seccomp" if ACTS[what] else "permission denied"), f"{how}: {what}: {verdict}")
        findings.check(told.returncode == 0 and told.stdout.endswith("20 of 20 acts were stopped\n"), f"{how}: {told}")

    # a child that dies before it comes to its act would look the same
    if shutil.which("strace") is None:
        print("SKIPPED: strace is not installed (the call in which each child dies)")
    else:
        log = where / "strace"
        run("strace", "-f", "-o", log, plain, "--verify")
        last, died = {}, []
        for line in log.read_text().splitlines():
            pid, _, text = line.partition(" ")
            if "killed by SIGSYS" in text:
                died.append(last[pid])
            elif match := re.match(r"\s*(\w+)\(", text):
                last[pid] = match.group(1)
        findings.check(died == [call for call in ACTS.values() if call], f"the children died in {died}")

    # the control: root, no seccomp, no Landlock
    told = run(sys.argv[1], preexec_fn=failing(without_landlock()))
    if told.returncode == 77:
        print("SKIPPED: the control needs a mount namespace and a packet socket")
        findings.finish("--verify, without its control")
    said = verdicts(told.stdout)
    stopped = [what for what in ACTS if said.get(what) != "NOT STOPPED"]
    findings.check(not stopped, f"acts that fail without any wall: {stopped}")
    findings.check(told.returncode == 1 and "\n0 of 20 " in told.stdout, f"without walls the status is 1: {told}")

    # Landlock alone, for root
    told = run(sys.argv[1])
    said = verdicts(told.stdout)
    passed = [what for what in BY_LANDLOCK if said.get(what) != "permission denied"]
    if "restrict" not in told.stderr and all(said.get(what) == "NOT STOPPED" for what in ACTS):
        print("SKIPPED: this kernel has no Landlock")
    else:
        findings.check(not passed and told.returncode == 1, f"Landlock alone lets through: {passed}")
    print(f"--verify: 20 of 20 acts stopped in 6 runs; without walls all go through, "
          f"behind Landlock alone {list(said.values()).count('NOT STOPPED')}")
    findings.finish("--verify")


main()
