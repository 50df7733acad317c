"""A machine for the tests: systemd as PID 1, booted by systemd-nspawn on an overlay of the running root, with the product
installed in it and no network but its own loopback.

Skips aloud where it cannot boot. Must end only what it started, and leaves no mount behind.
"""

import atexit
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from weirtest import BUILD, need_root, run, skip


def unmount(path):
    subprocess.run(["umount", "-l", path], check=False, stderr=subprocess.DEVNULL)


def overlay():
    """The running root, with changes of its own that go with it."""
    need_root("to boot a container")
    for tool in ("systemd-nspawn", "systemd-sysusers", "nsenter", "mount"):
        if shutil.which(tool) is None:
            skip(f"{tool} is not installed")
    base = Path(tempfile.mkdtemp(prefix="weir-boot-"))
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    if run("mount", "-t", "tmpfs", "tmpfs", base).returncode != 0:
        skip("no tmpfs can be mounted here")
    atexit.register(unmount, base)
    root = base / "root"
    for name in ("upper", "work", "root"):
        (base / name).mkdir()
    made = run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={base}/upper,workdir={base}/work", root)
    if made.returncode != 0:
        skip(f"no overlay of the running root can be mounted here: {made.stderr.strip()}")
    atexit.register(unmount, root)
    return root


def install(root):
    """As an administrator would: the files, the users, the helper for the group weir alone, the socket enabled."""
    done = subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"], env={**os.environ, "DESTDIR": str(root)},
                          capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise SystemExit(f"cmake --install: {done.stderr}")
    (root / "etc/machine-id").write_text("")
    run("systemd-sysusers", f"--root={root}", "weir.conf")
    gid = int(re.search(r"^weir:x:(\d+):", (root / "etc/group").read_text(), flags=re.M)[1])
    os.chown(root / "usr/sbin/weir-capture", 0, gid)
    (root / "usr/sbin/weir-capture").chmod(0o750)
    wants = root / "etc/systemd/system/sockets.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "weir-capture.socket").symlink_to("/usr/lib/systemd/system/weir-capture.socket")


class Machine:
    """Boots; `root` is its file system as seen from here."""

    def __init__(self, root):
        self.nspawn = subprocess.Popen(
            ["systemd-nspawn", "-q", "-D", root, "--boot", "--private-network", "--register=no", "--keep-unit",
             f"--machine=weir-test-{os.getpid()}",
             "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        atexit.register(self.kill)
        os.set_blocking(self.nspawn.stdout.fileno(), False)
        until = time.monotonic() + 60
        while time.monotonic() < until and self.nspawn.poll() is None:
            children = Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split()
            if children and Path(f"/proc/{children[0]}/root/run/weir/capture.sock").exists():
                self.pid = children[0]
                self.root = Path(f"/proc/{self.pid}/root")
                return
            time.sleep(0.2)
        self.kill()
        skip(f"systemd does not boot in a container here: {(self.nspawn.stdout.read() or b'')[-300:]!r}")

    def kill(self):
        if self.nspawn.poll() is None:
            self.nspawn.kill()
            self.nspawn.wait()

    def inside(self, *command):
        return run("nsenter", "-t", self.pid, "-m", "-p", "-n", "-u", "-i", "--", *command)

    def as_user(self, user, *command):
        return self.inside("setpriv", "--reuid", user, "--regid", user, "--init-groups", *command)

    def start_as_user(self, user, *command):
        """The same, running beside the test, which talks to it."""
        child = subprocess.Popen(["nsenter", "-t", self.pid, "-m", "-p", "-n", "-u", "-i", "--", "setpriv", "--reuid", user, "--regid", user,
                                  "--init-groups", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(lambda: child.poll() is None and child.kill())
        return child

    def journal(self, *options):
        return self.inside("journalctl", "--no-pager", "-o", "cat", *options).stdout

    def pids(self, *names):
        """Of processes inside whose program has one of these names; as they are numbered inside."""
        found = []
        for name in names:
            found += self.inside("pgrep", "-x", name).stdout.split()
        return found

    def verify(self, unit, program):
        """What `program --verify` says within the walls of that unit: (result, text)."""
        found = next(folder / unit for folder in (self.root / "usr/lib/systemd/system", self.root / "lib/systemd/system") if (folder / unit).exists())
        kept = [line for line in found.read_text().splitlines()
                if not line.startswith(("ExecStart=", "ExecReload=", "Type=", "Restart", "WatchdogSec=", "NotifyAccess=", "Standard", "SyslogIdentifier=",
                                            "SuccessExitStatus="))]
        kept.insert(kept.index("[Service]") + 1, f"Type=oneshot\nExecStart={program} --verify\nSyslogIdentifier=verify-{unit}")
        (self.root / "etc/systemd/system" / f"verify-{unit}").write_text("\n".join(kept) + "\n")
        self.inside("systemctl", "daemon-reload")
        started = self.inside("systemctl", "start", f"verify-{unit}")
        result = self.inside("systemctl", "show", "-P", "Result", f"verify-{unit}").stdout.strip()
        return result, started.stderr + self.journal("-t", f"verify-{unit}")

    def stop(self):
        self.nspawn.terminate()
        self.nspawn.wait(20)
