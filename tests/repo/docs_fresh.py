"""What is generated is not stale: docs/events.md equals what weir writes of itself. Every anomaly code in the sources
stands in docs/anomalies.md, and none stands there that the sources do not know."""

import difflib
import re

from weirtest import SOURCE, WEIR, Findings, code, run, tracked

CODE = re.compile(r"\"([a-z][a-z0-9_]+\.[a-z][a-z0-9_]+)\"")


def main():
    findings = Findings()
    printed = run(WEIR, "--events-reference")
    findings.check(printed.returncode == 0, f"weir --events-reference: {printed.stderr}")
    kept = (SOURCE / "docs" / "events.md").read_text()
    if printed.stdout != kept:
        diff = difflib.unified_diff(kept.splitlines(), printed.stdout.splitlines(), "docs/events.md", "weir", lineterm="")
        findings.add("docs/events.md is stale (weir --events-reference > docs/events.md):\n" + "\n".join(diff))

    in_sources = {}
    for path in tracked("*.cpp", "*.hpp"):
        if path.parts[0] == "dissector" and path.parts[1] != "event":
            for found in CODE.findall(code(path)):
                in_sources.setdefault(found, path)
    for name in list(in_sources):  # events have dotted names too
        if f"\n## {name}\n" in kept:
            del in_sources[name]
    documented = set(re.findall(r"^\|\s*`([a-z0-9_]+\.[a-z0-9_]+)`", (SOURCE / "docs/anomalies.md").read_text(), re.M))
    for name in sorted(set(in_sources) - documented):
        findings.add(f"{in_sources[name]}: anomaly {name} is not in docs/anomalies.md")
    for name in sorted(documented - set(in_sources)):
        findings.add(f"docs/anomalies.md: {name} occurs nowhere in the sources")
    findings.finish(f"{len(documented)} anomaly codes")


main()
