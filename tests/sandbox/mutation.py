"""Each hole in weir's walls is found by weir --verify: a row less in the table, a row more, Landlock left out. The holes are
made in a program that is linked from weir's own objects (tests/capture-helper/mutation.cpp)."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor

from weirtest import Findings, run

DANGEROUS = ("socket", "bind", "sendmmsg", "execve", "fork", "clone", "ptrace", "kill", "setresuid", "unshare", "mount", "bpf",
             "init_module", "process_vm_writev", "io_uring_setup", "memfd_create", "setsockopt", "dup2", "mmap", "mprotect", "sendto",
             "tgkill")


def verify(variant, mutation):
    return run(sys.argv[1], variant, env={"WEIR_MUTATION": mutation})


def main():
    findings, holes = Findings(), []
    for variant in ("weir.service", "the process that connects"):
        whole = verify(variant, "count")
        findings.check(whole.returncode == 0, f"{variant}, without a hole: {whole.stdout[-500:]}")
        rows = max(map(int, re.findall(r"rows (\d+)", whole.stderr)), default=0)
        findings.check(rows > 20, f"{variant}: {rows} rows")
        holes += [(variant, f"remove stream {i}") for i in range(rows)]
    holes += [("weir.service", f"add {name}") for name in DANGEROUS]
    holes += [("weir.service", what) for what in ("landlock", "right 1", "right 2", "right 3")]
    with ThreadPoolExecutor(4) as at_once:
        for hole, told in zip(holes, at_once.map(lambda hole: verify(*hole), holes)):
            findings.check(told.returncode == 1, f"{hole}: not found: {told.stdout[-200:]}")
    findings.finish(f"{len(holes)} holes in the walls of weir")


main()
