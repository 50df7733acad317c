"""Weir against captures that others made, scored against what other tools found in them: the floors of
tests/corpus-floors.txt hold. The corpus is no part of the repository; where it is not there, this is skipped."""

import os
import re
import sys

from weirtest import SOURCE, WEIR, Findings, run, skip


def main():
    score = SOURCE.parent / "shared" / "corpus-score"
    if not score.exists():
        skip("no corpus beside this checkout (../shared/corpus-score): nothing was compared")
    floors = {}
    for line in (SOURCE / "tests" / "corpus-floors.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            kind, percent = line.split()
            floors[kind] = float(percent)
    kinds = sys.argv[1:] or list(floors)

    findings = Findings()
    done = run("/usr/bin/python3", score, "--weir", WEIR, "--show", "10", *kinds, cwd=SOURCE, timeout=800,
               env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0:" + os.environ.get("ASAN_OPTIONS", "")})
    print(done.stdout)
    findings.check(done.returncode == 0, f"corpus-score: {done.stderr}")
    reached = {kind: (int(found), int(wanted))
               for kind, found, wanted in re.findall(r"^(\w+)\s+(\d+)/(\d+) =", done.stdout, re.M)}
    for kind in kinds:
        found, wanted = reached.get(kind, (0, 0))
        percent = 100 * found / max(wanted, 1)
        findings.check(percent >= floors[kind], f"{kind}: {percent:.2f} % is below the floor of {floors[kind]} %")
        if percent >= floors[kind] + 1:
            print(f"{kind}: {percent:.2f} %: the floor of {floors[kind]} can be raised")
    findings.finish(f"{len(kinds)} kinds")


main()
