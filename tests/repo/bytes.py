"""Bytes are touched only through common/bytes.hpp: reinterpret_cast stands nowhere else but where a system call's own
type asks for it, file by file with the reason."""

import re

from weirtest import Findings, code, tracked

ALLOWED = {
    "common/bytes.hpp": "the one place where bytes become text and text bytes",
}


def main():
    findings = Findings()
    used = set()
    files = [p for p in tracked("*.cpp", "*.hpp") if p.parts[0] in ("common", "dissector", "capture-helper")]
    for path in files:
        for number, line in enumerate(code(path).splitlines(), 1):
            if re.search(r"\breinterpret_cast\b", line):
                used.add(str(path))
                if str(path) not in ALLOWED:
                    findings.add(f"{path}:{number}: reinterpret_cast: {line.strip()}")
            if re.search(r"\bconst_cast\b", line) and str(path) not in ALLOWED:
                findings.add(f"{path}:{number}: const_cast: {line.strip()}")
    for name in sorted(set(ALLOWED) - used):
        findings.add(f"{name} is allowed a cast it no longer makes: take it out of the list")
    findings.check(len(files) > 30, f"only {len(files)} source files found: this test sees nothing")
    findings.finish(f"{len(files)} files")


main()
