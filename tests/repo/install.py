"""`DESTDIR=... cmake --install` puts every part where Debian would, and nothing elsewhere; what was installed starts."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from weirtest import BUILD, Findings, run

EXPECTED = (
    "usr/bin/weir",
    "usr/sbin/weir-capture",
    "usr/lib/systemd/system/weir.service",
    "usr/lib/systemd/system/weir-capture.socket",
    "usr/lib/systemd/system/weir-capture.service",
    "usr/lib/sysusers.d/weir.conf",
    "usr/lib/tmpfiles.d/weir.conf",
    "etc/weir/capture.conf",
    "etc/logrotate.d/weir",
    "usr/share/man/man1/weir.1",
    "usr/share/man/man5/capture.conf.5",
    "usr/share/man/man8/weir-capture.8",
    "usr/share/weir/events.schema.json",
    "usr/share/doc/weir/copyright",
    "usr/share/doc/weir/README.md",
    "usr/share/doc/weir/events.md",
    "usr/share/doc/weir/anomalies.md",
)
ROOTS = ("usr/bin/", "usr/sbin/", "usr/lib/systemd/", "usr/lib/sysusers.d/", "usr/lib/tmpfiles.d/", "lib/systemd/",
         "usr/share/man/", "usr/share/weir/", "usr/share/doc/weir/", "etc/weir/", "etc/logrotate.d/")


def main():
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        # as root's installation leaves it in the build folder; who is not root can replace it, but not write into it
        listed = BUILD / "install_manifest.txt"
        listed.unlink(missing_ok=True)
        listed.write_text("root's\n")
        with open(listed, encoding="utf-8") as of_root:
            done = subprocess.run(["cmake", "--install", str(BUILD), "--prefix", "/usr"], capture_output=True, text=True,
                                  env={**os.environ, "DESTDIR": folder}, check=False, timeout=60)
            findings.check(os.fstat(of_root.fileno()).st_nlink == 0, f"{listed} was written into, not made anew")
        findings.check(done.returncode == 0, f"cmake --install: {done.stderr}")
        root = Path(folder)
        policy = root / "etc/weir/capture.conf"
        before = policy.read_text()
        policy.write_text("# the administrator's\n")
        subprocess.run(["cmake", "--install", str(BUILD), "--prefix", "/usr"], capture_output=True, check=False, timeout=60,
                       env={**os.environ, "DESTDIR": folder})
        findings.check("allow user=weir" in before and policy.read_text() == "# the administrator's\n",
                       "a second installation takes the administrator's policy away")
        files = sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() or p.is_symlink())
        for name in EXPECTED:
            findings.check(name in files, f"{name} was not installed")
        for name in files:
            findings.check(name.startswith(ROOTS), f"{name}: not where a Debian package would put it")
        if not findings.list:
            version = run(root / "usr/bin/weir", "--version")
            findings.check(version.returncode == 0 and version.stdout.strip(), f"weir --version: {version}")
            schema = json.loads((root / "usr/share/weir/events.schema.json").read_text())
            findings.check("$schema" in schema, "the installed schema is no JSON Schema")
    findings.finish(f"{len(files)} files installed")


main()
