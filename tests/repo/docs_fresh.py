"""What is generated is not stale: docs/events.md equals what weir writes of itself. Every anomaly code in the sources
stands in docs/anomalies.md, and none stands there that the sources do not know. A source file that a page names exists.
README's table of events and the default that weir(1) names are what weir does."""

import difflib
import fnmatch
import re

from weirtest import SOURCE, WEIR, Findings, code, run, tracked

PAGES = ("README.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md", "docs/capture-protocol.md", "docs/performance.md",
         "capture-helper/SECURITY.md")
CODE = re.compile(r"\"([a-z][a-z0-9_]+\.[a-z][a-z0-9_]+)\"")


def check_named_files(findings):
    """Pages name a file by its whole path or by the end of it."""
    known = [f"/{path}" for path in tracked()]
    named = 0
    for page in PAGES:
        for name in re.findall(r"`([\w./@-]+\.(?:cpp|hpp|py|cmake|txt|in))\b", (SOURCE / page).read_text()):
            named += 1
            findings.check(any(path.endswith(f"/{name}") for path in known), f"{page}: there is no {name}")
    findings.check(named > 30, f"only {named} files are named: this test sees nothing")


def check_events_named(findings, reference):
    """README names every event, with the right default; so does weir(1)."""
    when = dict(re.findall(r"^## (\S+)\n\n(.*)$", reference, re.M))
    by_default = {name for name, sentence in when.items() if " Written " in sentence}
    readme = {}
    for names, default in re.findall(r"^\| ((?:`[a-z._]+`(?:, )?)+) \|.*\| (.*)\|$", (SOURCE / "README.md").read_text(), re.M):
        readme.update({name: default.strip() == "yes" for name in re.findall(r"`([a-z._]+)`", names)})
    findings.check(len(readme) > 10, f"README's table names {sorted(readme)}: this test sees nothing")
    for name in sorted(set(when) | set(readme)):
        if name not in readme or name not in when:
            findings.add(f"{name} is not in {'docs/events.md' if name in readme else 'the table of README.md'}")
        elif readme[name] != (name in by_default):
            findings.add(f"README.md: {name} is {'' if name in by_default else 'not '}written by default")
    manual = (SOURCE / "docs/man/weir.1").read_text().partition(".It Fl -events ")[2].partition("The default is\n")[2]
    patterns = re.findall(r"[a-z]+(?:\.[a-z*]+)?", " ".join(re.findall(r"^\.Cm (.*)", manual.partition("text adds")[0], re.M)))
    named = {name for name in when if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)}
    findings.check(named == by_default, f"weir.1: the default is {sorted(by_default)}, not {sorted(named)}")


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
    check_named_files(findings)
    check_events_named(findings, kept)
    findings.finish(f"{len(documented)} anomaly codes")


main()
