"""Every source file opens by saying what it is for (a .cpp may leave that to the header of its name, which it then
includes first); sources are plain ASCII (the ellipsis in a comment is let pass) and leave nothing for later."""

import re
from pathlib import Path

from weirtest import SOURCE, Findings, tracked

FOLDERS = ("common", "dissector", "capture-helper", "tests", "scripts", "cmake", ".ci", "systemd", "docs")


def opening(path, text):
    """The first line that is no shebang."""
    lines = text.splitlines()
    if lines and lines[0].startswith("#!"):
        lines = lines[1:]
    return lines[0] if lines else ""


def main():
    findings = Findings()
    seen = 0
    for path in tracked():
        if path.parts[0] not in FOLDERS and path.name != "CMakeLists.txt":
            continue
        if path.suffix in (".cpp", ".hpp"):
            starts = ("//",)
        elif path.suffix == ".py":
            starts = ('"""', "#")
        elif path.suffix == ".cmake" or path.name == "CMakeLists.txt":
            starts = ("#",)
        elif path.parts[0] in ("scripts", ".ci") and path.suffix == "":
            starts = ("#", '"""')
        else:
            continue
        seen += 1
        text = (SOURCE / path).read_text()
        header = str(Path(*path.parts[1:]) if path.parts[0] == "dissector" else path).replace(".cpp", ".hpp")
        if path.name == "CMakeLists.txt" and text.count("\n") <= 20:
            starts = ("",)  # it lists what is beside it and needs no words
        own = path.suffix == ".cpp" and text.startswith(f'#include "{header}"\n')
        findings.check(own or opening(path, text).startswith(starts), f"{path}: opens without a comment")
        if path.suffix == ".hpp":
            findings.check("\n#pragma once\n" in text, f"{path}: no #pragma once")
        findings.check(text.endswith("\n") and not text.endswith("\n\n"), f"{path}: must end with one newline")
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(r"[^\x20-\x7e\t…]", line):
                findings.add(f"{path}:{number}: not ASCII: {line.strip()}")
            if path.suffix in (".cpp", ".hpp") and "\t" in line:
                findings.add(f"{path}:{number}: tab")
            if re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", line):
                findings.add(f"{path}:{number}: left for later: {line.strip()}")
    findings.check(seen > 50, f"only {seen} files found: this test sees nothing")
    findings.finish(f"{seen} files")


main()
