"""Applies the diff of docs/ARCHITECTURE.md that adds the made-up application and header to copies of the registries, and
refuses one that is more than an #include and a name in each.

Usage: register.py SOURCE_DIR OUTPUT_DIR"""

import re
import sys
from pathlib import Path

REGISTRIES = {"dissector/session/registry.hpp", "dissector/protocol/registry.hpp"}


def hunks(diff):
    """{file: [(before, after)]}, both as text"""
    found, file = {}, None
    for line in diff.splitlines():
        if line.startswith("--- "):
            continue
        if line.startswith("+++ "):
            file = line[4:]
            found[file] = []
        elif line.startswith("@@"):
            found[file].append(([], []))
        else:
            before, after = found[file][-1]
            if line[:1] in (" ", "-", ""):
                before.append(line[1:])
            if line[:1] in (" ", "+", ""):
                after.append(line[1:])
    return {f: [("\n".join(b), "\n".join(a)) for b, a in all_of] for f, all_of in found.items()}


def main():
    source, output = Path(sys.argv[1]), Path(sys.argv[2])
    page = (source / "docs" / "ARCHITECTURE.md").read_text()
    blocks = re.findall(r"^```diff\n(.*?)^```$", page, re.M | re.S)
    if len(blocks) != 1:
        sys.exit(f"docs/ARCHITECTURE.md must show one diff, not {len(blocks)}")
    changes = hunks(blocks[0])
    if set(changes) != REGISTRIES:
        sys.exit(f"the diff must touch the registries and nothing else: {sorted(changes)}")
    for file, parts in changes.items():
        text = (source / file).read_text()
        for before, after in parts:
            if text.count(before) != 1:
                sys.exit(f"{file}: the diff of docs/ARCHITECTURE.md does not apply any more:\n{before}")
            text = text.replace(before, after)
        added = [line for line in blocks[0].split(f"+++ {file}\n")[1].split("--- ")[0].splitlines() if line.startswith("+")]
        if len(added) != 2 or not added[0].startswith("+#include"):
            sys.exit(f"{file}: an #include and an entry are all that may be added: {added}")
        to = output / Path(file).relative_to("dissector")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(text)


main()
