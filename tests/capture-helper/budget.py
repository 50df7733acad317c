"""The helper stays small: at most 1,200 lines of code under capture-helper/ at the project's width (repo_format holds it),
and no library but libpcap, libcap, libseccomp and the runtimes of C and C++."""

import re

from weirtest import SOURCE, WEIR_CAPTURE, Findings, code, run

BUDGET = 1_200
LIBRARIES = ("libpcap", "libcap", "libseccomp", "libc", "libstdc++", "libgcc_s", "libm", "ld-linux")
SANITIZERS = ("libasan", "libubsan", "liblsan", "libtsan")


def main():
    findings = Findings()
    files = sorted((SOURCE / "capture-helper").glob("*.[ch]pp"))
    lines = sum(1 for path in files for line in code(path.relative_to(SOURCE)).splitlines() if line.strip())
    findings.check(len(files) > 10 and lines <= BUDGET, f"{lines} lines of code in {len(files)} files; {BUDGET} are allowed")
    needed = re.findall(r"NEEDED\s+([\w+.-]+)", run("objdump", "-p", WEIR_CAPTURE).stdout)
    findings.check(needed, "objdump names no library")
    for name in needed:
        stem = name.split(".so")[0]
        findings.check(stem in LIBRARIES or stem.startswith(("ld-linux", *SANITIZERS)), f"links {name}")
    findings.finish(f"{lines} lines of code, {len(needed)} libraries")


main()
