"""Each hole in the walls is found: a row less in a table, a row more, a right of Landlock less. A hole is made in a program
that is linked from the helper's own objects (mutation.cpp), and --verify, or the trial of each right, must say so."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor

from weirtest import SOURCE, Findings, need_root, run, skip

MUTANT, PROBE = sys.argv[1:3]
DANGEROUS = ("socket", "connect", "bind", "sendto", "sendmsg", "recvfrom", "read", "execve", "fork", "clone", "ptrace", "kill",
             "setresuid", "unshare", "mount", "bpf", "init_module", "process_vm_writev", "io_uring_setup", "memfd_create",
             "setsockopt", "dup2", "mmap", "mprotect", "write", "ioctl", "getsockopt")  # the last five without their conditions
# EXECUTE takes READ_FILE too, REFER is never allowed where it is not given, IOCTL_DEV takes a file opened behind the wall
NEVER_ALONE = (0, 13, 15)


def rows(table):
    text = re.search(rf"row {table}\[\] = \{{(.*?)^\}};", (SOURCE / "capture-helper/seccomp.cpp").read_text(), re.S | re.M).group(1)
    return text.count("SCMP_SYS(")


def verify(mutation):
    return run(MUTANT, "--verify", env={"WEIR_MUTATION": mutation})


def still_had(mutation):
    told = run(PROBE, env={"WEIR_MUTATION": mutation})
    return told.returncode, told.stdout.strip()


def main():
    need_root("to make holes")
    findings = Findings()
    whole = verify("")
    if whole.returncode != 0:
        findings.add(f"without a hole: {whole}")
    holes = [f"remove {table} {i}" for table in ("stream", "compile") for i in range(rows(f"of_{table}"))]
    holes += [f"add {name}" for name in DANGEROUS] + ["landlock", "right 1", "right 2", "right 3"]
    findings.check(len(holes) > 50, f"{holes}")
    with ThreadPoolExecutor(4) as at_once:
        for hole, told in zip(holes, at_once.map(verify, holes)):
            findings.check(told.returncode in (1, 3), f"{hole}: not found: {told.stdout[-300:]}")
    status, words = still_had("")
    if status == 77:
        skip(f"{len(holes)} holes were found; this kernel has no Landlock, or no namespace can be made (its rights, one by one)")
    findings.check(status == 0 and words.endswith("still has:"), f"without a hole: {status} {words}")
    abi = int(re.search(r"abi (\d+)", words).group(1))
    rights = [right for right in range(20 if abi >= 6 else 18 if abi >= 4 else 13) if right not in NEVER_ALONE]
    for right in rights:
        status, words = still_had(f"right {right}")
        findings.check((status, words.rpartition(":")[2]) == (0, f" {right}") or (right == 3 and status == 3),  # which it asks itself
                       f"right {right} is given: {status} {words}")
    findings.finish(f"{len(holes)} holes in tables and walls, {len(rights)} rights of Landlock")


main()
