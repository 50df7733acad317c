"""The man pages are well formed (mandoc's lint, warnings and up), and each installed program has one."""

import shutil

from weirtest import SOURCE, Findings, run, skip

NEEDED = ("weir.1", "weir-capture.8", "capture.conf.5")


def main():
    mandoc = shutil.which("mandoc")
    if mandoc is None:
        skip("mandoc is not installed (scripts/install-deps test)")
    findings = Findings()
    pages = sorted((SOURCE / "docs" / "man").glob("*.[1-8]"))
    for name in NEEDED:
        findings.check(any(page.name == name for page in pages), f"docs/man/{name} is missing")
    for page in pages:
        lint = run(mandoc, "-Tlint", "-Wwarning", page)
        findings.check(lint.returncode == 0, lint.stdout.strip() or lint.stderr.strip())
    findings.finish(f"{len(pages)} man pages")


main()
