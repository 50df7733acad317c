"""What the helper refuses becomes weir's own line and status: a bad filter, an unknown interface, no capability, no
right to run it, no helper, and a helper that is something else."""

import shutil

from live import Installed, Weir, need_root
from weirtest import Findings, run


def check(findings, what, installed_weir, arguments, status, *words):
    weir = Weir(installed_weir, *arguments)
    got, said = weir.end(None), weir.said()
    findings.check(got == status, f"{what}: status {got}, not {status}: {said!r}")
    findings.check(said.startswith("weir: ") and said.count("\n") == 1, f"{what}: not one line: {said!r}")
    findings.check("weir-capture: weir-capture" not in said and "weir: weir: " not in said, f"{what}: said {said!r}")
    for word in words:
        findings.check(word in said, f"{what}: nothing about {word!r} in {said!r}")
    findings.check(weir.lines == [], f"{what}: it wrote {weir.lines}")


def main():
    need_root()
    findings = Findings()
    with Installed() as installed:
        weir = installed.weir
        check(findings, "bad filter", weir, ["-i", "lo", "tcp", "prot", "80"], 2, "syntax error")
        check(findings, "unknown interface", weir, ["-i", "nosuch0"], 2, "nosuch0")
        check(findings, "bad snaplen", weir, ["-i", "lo", "-s", "many"], 2, "--snaplen takes a size")
        powerless = installed.folder / "powerless"
        shutil.copy(installed.capture, powerless)  # a copy has no capability
        powerless.chmod(0o755)
        check(findings, "no capability", weir, ["-i", "lo", "--helper", powerless], 3, "setcap cap_net_raw")
        forbidden = installed.folder / "forbidden"
        shutil.copy(installed.capture, forbidden)
        shutil.chown(forbidden, "root", "root")
        forbidden.chmod(0o750)
        check(findings, "not in the group", weir, ["-i", "lo", "--helper", forbidden], 3, "group")
        down = run("unshare", "--net", weir, "-i", "lo", "--helper", powerless)  # a new lo is down
        findings.check(down.returncode == 1 and down.stderr.count("not up") == 1, f"an interface that is down: {down}")
        check(findings, "no helper", weir, ["-i", "lo", "--helper", installed.folder / "nosuch"], 1, "No such file")
        other = installed.folder / "other"
        other.write_text("#!/bin/sh\nexit 7\n")
        other.chmod(0o755)
        check(findings, "another program", weir, ["-i", "lo", "--helper", other], 1, "status 7")
    findings.finish("every refusal")


main()
