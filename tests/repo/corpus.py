"""Weir against captures that others made, scored against what other tools found in them: the floors of
tests/corpus-floors.txt hold, of all captures and of those that are not named in tests/corpus-left-out.txt. The corpus is
no part of the repository; where it is not there, this is skipped."""

import os
import re
import sys
from collections import defaultdict

from weirtest import SOURCE, WEIR, Findings, run, skip

SHOWN = 10


def table(name):
    """The lines of a file beside the tests, as words."""
    lines = (SOURCE / "tests" / name).read_text().splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def scores(output):
    """What corpus-score says of each kind: found, expected, extra, and the same of each capture that falls short, summed
    over its rows."""
    reached, short = {}, defaultdict(dict)
    kind = None
    for line in output.splitlines():
        if head := re.match(r"(\w+)\s+(\d+)/(\d+) = \S+ %\s+extra (\d+)", line):
            kind = head[1]
            reached[kind] = tuple(int(head[i]) for i in (2, 3, 4))
        elif row := re.match(r"  (\S+?)(?: [\w ]+)?: (\d+)/(\d+) \+(\d+) ", line + " "):
            before = short[kind].get(row[1], (0, 0, 0))
            short[kind][row[1]] = tuple(before[i] + int(row[i + 2]) for i in range(3))
    return reached, short


def main():
    score = SOURCE.parent / "shared" / "corpus-score"
    if not score.exists():
        skip("no corpus beside this checkout (../shared/corpus-score): nothing was compared")
    floors = {kind: [float(figure) for figure in figures] for kind, *figures in table("corpus-floors.txt")}
    left_out = defaultdict(set)
    for capture, kinds, *_ in table("corpus-left-out.txt"):
        for kind in kinds.split(","):
            left_out[kind].add(capture)
    kinds = sys.argv[1:] or list(floors)

    findings = Findings()
    done = run("/usr/bin/python3", score, "--weir", WEIR, "--list", *kinds, cwd=SOURCE, timeout=800,
               env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0:" + os.environ.get("ASAN_OPTIONS", "")})
    findings.check(done.returncode == 0, f"corpus-score: {done.stderr}")
    reached, short = scores(done.stdout)
    for kind in kinds:
        if kind not in reached:
            findings.add(f"{kind}: corpus-score has no figure")
            continue
        of_all, *outside = floors[kind]
        hold(findings, kind, "all captures", reached[kind], of_all)
        for capture in left_out[kind] - set(short[kind]):
            findings.add(f"{kind}: {capture} is left out, but nothing of it is missed: take it out of corpus-left-out.txt")
        if outside:
            rest = [all - sum(short[kind][c][i] for c in left_out[kind] & set(short[kind]))
                    for i, all in enumerate(reached[kind])]
            hold(findings, kind, "captures not left out", rest, *outside)
        others = [(c, f) for c, f in short[kind].items() if c not in left_out[kind]]
        for capture, (found, wanted, extra) in others[:SHOWN]:
            print(f"  {capture}: {found}/{wanted} +{extra}")
        if len(others) > SHOWN:
            print(f"  and {len(others) - SHOWN} more")
    findings.finish(f"{len(kinds)} kinds")


def hold(findings, kind, which, figures, floor, ceiling=None):
    """Checks the share that was found, in percent of what was expected, and where there is a ceiling the extra too."""
    found, wanted, extra = figures
    percent, more = (100 * n / max(wanted, 1) for n in (found, extra))
    print(f"{kind}, {which}: {found}/{wanted} = {percent:.2f} %, extra {extra} = {more:.2f} %")
    findings.check(percent >= floor, f"{kind}, {which}: {percent:.2f} % is below the floor of {floor} %")
    findings.check(ceiling is None or more <= ceiling, f"{kind}, {which}: {more:.2f} % extra is above {ceiling} %")
    if percent >= floor + 1:
        print(f"{kind}, {which}: the floor of {floor} can be raised")


main()
