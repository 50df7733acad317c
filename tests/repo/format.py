"""Every C++ file reads as .clang-format writes it, in every folder: one width, one style, nothing to argue about."""

import shutil

from weirtest import SOURCE, Findings, run, skip, tracked


def main():
    program = shutil.which("clang-format-14")
    if program is None:
        skip("clang-format-14 is not installed; scripts/install-deps test installs it")
    findings = Findings()
    files = tracked("*.cpp", "*.hpp")
    findings.check(len(files) > 50, f"only {len(files)} files found: this test sees nothing")
    said = run(program, "--dry-run", *(SOURCE / path for path in files)).stderr
    wrong = {line.split(":")[0] for line in said.splitlines() if "[-Wclang-format-violations]" in line}
    for path in sorted(wrong):
        findings.add(f"{path}: not formatted; clang-format-14 -i does it")
    findings.finish(f"{len(files)} files")


main()
