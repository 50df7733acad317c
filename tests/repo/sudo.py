"""Who is asked for sudo, and when: scripts/test asks once, on a terminal, and gives it to the tests; without a terminal, with
--no-sudo and from .ci/run it never asks, and what is skipped is said with its reason. scripts/as-root asks on a terminal only.

Runs copies of the scripts beside stand-ins for sudo, CTest and the build, as an ordinary user.
"""

import os
import pty
import shutil
import subprocess
import tempfile
from pathlib import Path

from weirtest import SOURCE, Findings

USER = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
# Each writes what it was called with. This sudo runs nothing: what is shown is when it is called, not what root can do.
STAND_INS = {
    "bin/sudo": 'echo "sudo $*" >> calls',
    "bin/ctest": 'echo "ctest WEIR_SUDO=${WEIR_SUDO:-}" >> calls\n'
                 'mkdir -p build/release/Testing/Temporary build/asan/Testing/Temporary\n'
                 'printf "1/1 Test: a_test\\nSKIPPED: needs root to fly\\n" | tee build/{release,asan}/Testing/Temporary/LastTest.log',
    "scripts/install-deps": ":",
    "scripts/build": ":",
    "scripts/give-capability": ":",
}


def prepare(folder):
    for name in ("scripts", "bin", ".ci"):
        (folder / name).mkdir()
    for name in ("scripts/test", "scripts/as-root", ".ci/run"):
        shutil.copy(SOURCE / name, folder / name)
    for name, text in STAND_INS.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    for path in (folder, *folder.rglob("*")):
        if USER:
            os.chown(path, USER["user"], USER["group"])


def calls(folder, command, terminal, **environment):
    """(what was called, what was said) by the command, with or without a terminal."""
    log = folder / "calls"
    log.unlink(missing_ok=True)
    kept = {name: value for name, value in os.environ.items() if name != "WEIR_SUDO"}
    environment = {**kept, **environment, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    ours = theirs = subprocess.DEVNULL
    if terminal:
        ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs if terminal else subprocess.PIPE,
                               stderr=theirs if terminal else subprocess.STDOUT, start_new_session=True, **USER)
    printed = b""
    if terminal:
        os.close(theirs)
        try:
            while piece := os.read(ours, 65536):
                printed += piece
        except OSError:  # the terminal's other end is closed
            pass
        process.wait(30)
        os.close(ours)
    else:
        printed = process.communicate(timeout=30)[0]
    return (log.read_text().splitlines() if log.exists() else []), printed.decode(), process.returncode


def main():
    findings = Findings()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)

        def check(command, terminal, wanted, **environment):
            called, printed, status = calls(folder, command, terminal, **environment)
            where = f"{' '.join(command)} {'on' if terminal else 'without'} a terminal"
            findings.check(called == wanted, f"{where}: called {called}, not {wanted}: {printed}")
            return printed, status

        both, none = ["ctest WEIR_SUDO=yes"] * 2, ["ctest WEIR_SUDO=never"] * 2
        printed, _ = check(["scripts/test"], True, ["sudo -v", *both])
        findings.check("== 1 skipped, nothing was shown there:" in printed and "a_test: needs root to fly" in printed, f"no reason: {printed}")
        printed, _ = check(["scripts/test"], False, ["ctest WEIR_SUDO="] * 2)
        findings.check("tests that need root will be skipped" in printed, f"silent: {printed}")
        printed, _ = check(["scripts/test", "--no-sudo"], True, none)
        findings.check("tests that need root will be skipped" in printed, f"silent: {printed}")
        check(["scripts/test", "--no-sudo", "-R", "repo"], True, none[:1])
        check([".ci/run"], True, none)
        check([".ci/run"], False, none)
        check(["scripts/as-root", "true"], True, ["sudo true"])
        check(["scripts/as-root", "true"], False, ["sudo -n true"])
        printed, status = check(["scripts/as-root", "true"], True, [], WEIR_SUDO="never")
        findings.check(status == 1 and "needs root, and sudo is not to be used: true" in printed, f"WEIR_SUDO=never: {status} {printed}")
    findings.finish("who is asked for sudo")


main()
