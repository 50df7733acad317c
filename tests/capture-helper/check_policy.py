"""weir --check-policy says what each rule grants, whom and what it names that is not there, and what makes the helper refuse the
file; with --user, what decides on each interface."""

import os
import tempfile
from pathlib import Path

from weirtest import WEIR, Findings, run, said

RULES = """# who
allow user=root interface=lo snaplen=64 filter=udp
allow user=root user=nobody-has-this-name interface=* promiscuous=yes
allow group=nobody-has-this-group user=4294967000 interface=nope*
limit captures=3 connections=40 buffer=4Mi interfaces=2
"""


def main():
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "capture.conf")

        def ask(text, *more):
            path.write_text(text)
            path.chmod(0o644)
            told = run(WEIR, "--check-policy", path, *more)
            return told.returncode, told.stdout, said(told.stderr)

        status, out, warnings = ask(RULES)
        lines = out.splitlines()
        findings.check(status == 0 and len(lines) == 4, f"{status} {out} {warnings}")
        findings.check(lines[0] == "limits: 3 captures of a user at once, 40 connections (10 of a user), 4096 KiB of buffer and 2 interfaces a request", lines[0])
        findings.check(lines[1] == "line 2: user root on lo (here: lo): up to 64 bytes of a packet, not promiscuous, only: udp", lines[1])
        findings.check(lines[2].startswith("line 3: user root, user nobody-has-this-name on * (here: ") and "lo" in lines[2]
                       and lines[2].endswith("up to 262144 bytes of a packet, promiscuous, all traffic"), lines[2])
        findings.check("(here: none)" in lines[3], lines[3])
        for words in ("line 3: /etc/passwd has no user nobody-has-this-name", "line 4: /etc/group has no group nobody-has-this-group",
                      "line 4: /etc/passwd has no user 4294967000", "line 4: no interface of this machine is called nope*"):
            findings.check(f"weir: warning: {words}\n" in warnings, f"no warning \"{words}\": {warnings}")
        findings.check(warnings.count("has no ") == 3, f"more warnings than there are reasons: {warnings}")

        status, out, _ = ask(RULES, "--user", "root")
        rows = dict(line.split(": ", 1) for line in out.splitlines())
        findings.check(status == 0 and rows["lo"].startswith("line 2: up to 64 bytes") and rows["any"].startswith("line 3: "), out)
        status, out, _ = ask("allow user=4294967000 interface=*\n", "--user", "root")
        findings.check(status == 0 and set(line.split(": ")[1] for line in out.splitlines()) == {"nothing"}, out)
        findings.check(ask("")[1].endswith("no rule: nobody may capture\n"), "an empty file")

        for text, more, code, words in (("allow user=root\n", (), 1, f"{path}:1:1: "), ("allow user=root interface=lo", (), 1, f"{path}:1:29: "),
                                        (RULES, ("--user", "nobody-has-this-name"), 1, "no user nobody-has-this-name"),
                                        ("#" * 70_000 + "\n", (), 1, "65536"), (RULES, ("other",), 2, "one file")):
            status, out, error = ask(text, *more)
            findings.check(status == code and not out and words in error and error.count("\n") == 1, f"{text[:40]} {more}: {status} {out} {error}")
        for words, code in (([WEIR, "--check-policy", "/nowhere/at/all"], 1), ([WEIR, "--user", "root"], 2)):
            told = run(*words)
            findings.check(told.returncode == code and said(told.stderr).count("\n") == 1, f"{words}: {told}")

        path.write_text("allow user=root interface=lo\n")
        path.chmod(0o666)
        told = run(WEIR, "--check-policy", path)
        findings.check(told.returncode == 0 and f"others than root may write {path}: the helper permits nothing" in told.stderr, told.stderr)
        link = Path(folder, "link")
        os.symlink(path, link)
        findings.check("symbolic link" in run(WEIR, "--check-policy", link).stderr, "a link")
    findings.finish("weir --check-policy")


main()
