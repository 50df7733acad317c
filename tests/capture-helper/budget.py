"""The helper stays small: at most BUDGET lines of code under capture-helper/ at the project's width (repo_format holds it), at
most SHARED more that it takes from common/, and no library but libpcap, libcap, libseccomp and the runtimes of C and C++.
README.md and SECURITY.md name both figures."""

import re
from pathlib import Path

from weirtest import SOURCE, WEIR_CAPTURE, Findings, code, run

BUDGET, SHARED = 1_900, 750
LIBRARIES = ("libpcap", "libcap", "libseccomp", "libc", "libstdc++", "libgcc_s", "libm", "ld-linux")
SANITIZERS = ("libasan", "libubsan", "liblsan", "libtsan")


def lines_of(files):
    return sum(1 for path in files for line in code(path).splitlines() if line.strip())


def taken(files):
    """What these files include of the project, however far away, with the .cpp of each header: what is linked, and no less."""
    todo, seen = list(files), set(files)
    while todo:
        for name in re.findall(r'^#include "([^"]+)"', (SOURCE / todo.pop()).read_text(), re.M):
            for path in (Path(name), Path(name).with_suffix(".cpp")):
                if (SOURCE / path).is_file() and path not in seen:
                    seen.add(path)
                    todo.append(path)
    return seen - set(files)


# what libpcap of Debian 12 brings along, for D-Bus captures that this program never makes; SECURITY.md names them
OF_LIBPCAP = ("libdbus-1", "libsystemd", "libgcrypt", "liblzma", "libzstd", "liblz4", "libgpg-error")


def check_loaded(findings):
    """What the loader maps, the libraries of libraries among it: fifteen initialisers run before main()."""
    loaded = [path.rpartition("/")[2].split(".so")[0] for path in re.findall(r"^\s*(\S+\.so\S*)", run("ldd", WEIR_CAPTURE).stdout, re.M)]
    strangers = [name for name in loaded if name not in (*LIBRARIES, *OF_LIBPCAP) and not name.startswith(("ld-linux", "linux-vdso", *SANITIZERS))]
    findings.check(len(loaded) > 5 and not strangers, f"loads {strangers} of {loaded}")
    security = (SOURCE / "capture-helper/SECURITY.md").read_text()
    unnamed = [name for name in OF_LIBPCAP if name not in security]
    findings.check(not unnamed, f"SECURITY.md does not name {unnamed}")


def main():
    findings = Findings()
    own = [path.relative_to(SOURCE) for path in sorted((SOURCE / "capture-helper").glob("*.[ch]pp"))]
    shared = taken(own)
    lines, more = lines_of(own), lines_of(shared)
    findings.check(len(own) > 10 and lines <= BUDGET, f"{lines} lines of code in {len(own)} files; {BUDGET} are allowed")
    findings.check(len(shared) > 5 and more <= SHARED, f"{more} lines of code taken from common/; {SHARED} are allowed")
    findings.check(all(path.parts[0] == "common" for path in shared), f"it takes more than common/: {sorted(map(str, shared))}")
    for page in ("README.md", "capture-helper/SECURITY.md"):
        told = " ".join((SOURCE / page).read_text().split())
        for figure in (f"{BUDGET:,} lines", f"{SHARED:,} more"):
            findings.check(figure in told, f"{page} does not say \"{figure}\"")
    needed = re.findall(r"NEEDED\s+([\w+.-]+)", run("objdump", "-p", WEIR_CAPTURE).stdout)
    findings.check(needed, "objdump names no library")
    for name in needed:
        stem = name.split(".so")[0]
        findings.check(stem in LIBRARIES or stem.startswith(("ld-linux", *SANITIZERS)), f"links {name}")
    check_loaded(findings)
    findings.finish(f"{lines} lines of code and {more} shared ones, {len(needed)} libraries")


main()
