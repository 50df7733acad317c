"""The units are well formed (systemd-analyze verify), and as closed as they were made: their exposure (systemd-analyze
security, 0 to 10) stays below a threshold. Users and folder are what systemd-sysusers and systemd-tmpfiles read."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from weirtest import BUILD, SOURCE, Findings, run, skip

EXPOSURE = {"weir-capture.service": 2.0, "weir.service": 0.5}


def installed_units(findings, root, prefix="/opt/weir"):
    """The units as cmake --install writes them; they name the programs where it puts them, whatever the build's prefix."""
    for component in ("capture", "dissector"):
        done = run("cmake", "--install", BUILD, "--prefix", prefix, "--component", component, env={**os.environ, "DESTDIR": str(root)})
        findings.check(done.returncode == 0, f"cmake --install: {done.stderr}")
    units = sorted((root / prefix[1:] / "lib/systemd/system").iterdir())
    findings.check(len(units) >= 3, f"units installed: {units}")
    for unit in units:
        for place in re.findall(r"(?m)^Exec(?:Start|Paths)=(\S*/weir\S*)", unit.read_text()):
            findings.check(place.startswith(prefix) and (root / place[1:]).exists(), f"{unit.name}: {place} is not what was installed")
    return units


def main():
    if shutil.which("systemd-analyze") is None:
        skip("systemd-analyze is not installed")
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        units = root / "usr/lib/systemd/system"
        for where in ("usr/sbin", "usr/lib/systemd/system", "usr/lib/sysusers.d", "etc"):
            (root / where).mkdir(parents=True)
        for unit in installed_units(findings, root / "installed"):
            text = unit.read_text()
            findings.check("@" not in re.sub(r"SystemCallFilter=.*", "", text), f"{unit.name}: not configured")
            # the programs and man pages are not installed where the test runs
            text = re.sub(r"^Documentation=.*\n", "", text, flags=re.M)
            (units / unit.name).write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.M))
        done = subprocess.run(["systemd-analyze", "verify", *units.iterdir()], capture_output=True, text=True, check=False, timeout=60)
        ours = [line for line in (done.stdout + done.stderr).splitlines() if "weir" in line]
        findings.check(done.returncode == 0 and not ours, f"verify: {ours or done.stderr}")
        for name, threshold in EXPOSURE.items():
            done = run("systemd-analyze", "security", "--offline=true", "--no-pager", units / name)
            level = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
            findings.check(level is not None and float(level[1]) <= threshold, f"{name}: exposure {level and level[1]}, at most {threshold}: {done.stderr}")
            print(f"{name}: exposure {level and level[1]} of at most {threshold}")
        shutil.copy(SOURCE / "systemd/weir.sysusers.conf", root / "usr/lib/sysusers.d/weir.conf")
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\n")
        done = run("systemd-sysusers", f"--root={root}", "weir.conf")
        users = (root / "etc/passwd").read_text()
        group = re.search(r"^weir:x:(\d+):", (root / "etc/group").read_text(), flags=re.M)
        findings.check(group is not None and all(re.search(rf"^{user}:x:\d+:{group[1]}:", users, flags=re.M) for user in ("weir", "weir-capture")),
                       f"systemd-sysusers: {done.stderr} {users}")
    findings.finish("the units")


main()
