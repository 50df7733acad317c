"""The service on a real systemd: boots it as PID 1 with systemd-nspawn on an overlay of the running root, installs the capture
component there, and asks the socket as several users.

Skips aloud where it cannot boot. Must end only what it started, and leaves no mount behind.
"""

import atexit
import json
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
import time
from pathlib import Path

from weirtest import BUILD, SOURCE, Findings, run, skip

INSIDE = textwrap.dedent('''
    """Runs inside: captures as the user that it is started as; prints what came of it as JSON."""
    import json, os, socket, struct, sys, time
    sys.path[:0] = sys.argv[1:3]
    from capturetest import blocks, packets, send, status_of
    port, other, count = map(int, sys.argv[3:6])
    line = sys.argv[6]
    clients, out = [], {"answers": []}
    for _ in range(count):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        try:
            s.connect("/run/weir/capture.sock")
        except PermissionError as e:
            print(json.dumps({"answers": [f"connect: {e.strerror}"]}))
            sys.exit()
        s.sendall(line.encode() + b"\\n")
        data = b""
        while b"\\n" not in data:
            piece = s.recv(4096)
            if not piece:
                break
            data += piece
        answer, _, rest = data.partition(b"\\n")
        out["answers"].append(answer.decode())
        clients.append([s, rest])
    if out["answers"][0].startswith("ok"):
        pids = [p for p in os.listdir("/proc") if p.isdigit() and "weir-capture" in open(f"/proc/{p}/cmdline").read().split("\\0")[0]]
        out["helpers"] = [{k: v for k, v in status_of(p).items() if k.startswith("Cap") or k in ("Uid", "Seccomp", "NoNewPrivs")} for p in pids]
        for _ in range(20):
            send(port, 50, 1000)
            send(other, 50, 1000)
            for client in clients[1:]:
                client[0].setblocking(False)
                try:
                    while piece := client[0].recv(1 << 20):
                        client[1] += piece
                except BlockingIOError:
                    pass
        time.sleep(0.2)
        for client in clients:
            client[0].settimeout(5)
            client[0].shutdown(socket.SHUT_WR)
            while piece := client[0].recv(1 << 20):
                client[1] += piece
        seen = [packets(blocks(rest)) for _, rest in clients]
        out["counts"] = [len(s) for s in seen]
        ports = {struct.unpack("!H", p[3][36:38])[0] for s in seen for p in s}
        out["ports"] = sorted(ports)
    print(json.dumps(out))
''')


def unmount(path):
    subprocess.run(["umount", "-l", path], check=False, stderr=subprocess.DEVNULL)


def prepare():
    """An overlay of the running root with the component in it."""
    for tool in ("systemd-nspawn", "systemd-sysusers", "nsenter", "mount"):
        if shutil.which(tool) is None:
            skip(f"{tool} is not installed")
    if os.geteuid() != 0:
        skip("needs root to boot a container")
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
    done = subprocess.run(["cmake", "--install", BUILD, "--component", "capture", "--prefix", "/usr"], env={**os.environ, "DESTDIR": str(root)},
                          capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise SystemExit(f"cmake --install: {done.stderr}")
    unit = root / "usr/lib/systemd/system/weir-capture@.service"
    unit.write_text(re.sub(r"/\S+/weir-capture", "/usr/sbin/weir-capture", unit.read_text()))  # whatever the build's prefix
    (root / "etc/machine-id").write_text("")
    run("systemd-sysusers", f"--root={root}", "weir.conf")
    gid = int(re.search(r"^weir:x:(\d+):", (root / "etc/group").read_text(), flags=re.M)[1])
    os.chown(root / "usr/sbin/weir-capture", 0, gid)
    (root / "usr/sbin/weir-capture").chmod(0o750)
    wants = root / "etc/systemd/system/sockets.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "weir-capture.socket").symlink_to("/usr/lib/systemd/system/weir-capture.socket")
    (root / "usr/share/weir-inside.py").write_text(INSIDE)
    tests = root / "usr/share/weir-tests"
    tests.mkdir()
    for source in (SOURCE / "tests/capture-helper/capturetest.py", SOURCE / "tests/lib/weirtest.py"):
        shutil.copy(source, tests)
    return root


def boot(root):
    """(nspawn, pid of the systemd inside); skips where it does not come up."""
    nspawn = subprocess.Popen(["systemd-nspawn", "-q", "-D", root, "--boot", "--private-network", "--register=no", "--keep-unit",
                               f"--machine=weir-test-{os.getpid()}",
                               "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    atexit.register(lambda: nspawn.poll() is None and (nspawn.kill(), nspawn.wait()))
    os.set_blocking(nspawn.stdout.fileno(), False)
    until = time.monotonic() + 60
    while time.monotonic() < until and nspawn.poll() is None:
        children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children").read_text().split()
        if children and (Path(f"/proc/{children[0]}/root/run/weir/capture.sock")).exists():
            return nspawn, children[0]
        time.sleep(0.2)
    nspawn.kill()
    skip(f"systemd does not boot in a container here: {(nspawn.stdout.read() or b'')[-300:]!r}")
    return None


def main():
    root = prepare()
    findings = Findings()
    nspawn, pid = boot(root)

    def inside(*command):
        return run("nsenter", "-t", pid, "-m", "-p", "-n", "-u", "-i", "--", *command)

    def capture(user, line, count=1, port=5001, other=5002):
        told = inside("setpriv", "--reuid", user, "--regid", user, "--init-groups", "/usr/bin/python3", "/usr/share/weir-inside.py",
                      "/usr/share/weir-tests", "/usr/share/weir-tests", str(port), str(other), str(count), line)
        try:
            return json.loads(told.stdout)
        except ValueError:
            return {"answers": [f"{told.returncode} {told.stderr}"]}

    policy = Path(f"/proc/{pid}/root/etc/weir/capture.conf")
    findings.check("allow user=weir " in policy.read_text(), "the policy as installed")
    policy.write_text("allow user=weir interface=lo snaplen=256 filter=udp port 5001\n")
    inside("usermod", "-aG", "weir", "games")

    told = capture("weir", "capture interface=lo", 10)
    findings.check(len(told["answers"]) == 10 and all(a.startswith("ok interface=lo snaplen=256 ") for a in told["answers"]), f"ten at once: {told['answers'][:2]}")
    findings.check(told.get("counts", [])[1:] == [1000] * 9, f"nine readers and a stopped one: {told.get('counts')}")
    findings.check(told.get("ports") == [5001], f"seen outside the mandatory filter: {told.get('ports')}")
    findings.check(len(told.get("helpers", [])) == 10, f"{len(told.get('helpers', []))} helpers for ten clients")
    for helper in told.get("helpers", []):
        findings.check(all(int(helper[k], 16) == 0 for k in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) and helper["NoNewPrivs"] == "1"
                       and (os.environ.get("WEIR_SANITIZE") or helper["Seccomp"] == "2") and "0" not in helper["Uid"].split(), f"a helper: {helper}")
    told = capture("games", "capture interface=lo")
    findings.check(told["answers"][0].startswith("error not-permitted no rule of /etc/weir/capture.conf"), f"in the group, without a rule: {told}")
    told = capture("mail", "capture interface=lo")
    findings.check(told["answers"][0] == "connect: Permission denied", f"outside the group: {told}")

    journal = inside("journalctl", "--no-pager", "-o", "cat", "-t", "weir-capture").stdout
    findings.check(journal.count("audit: verdict=granted uid=") == 10 and journal.count("audit: verdict=not-permitted uid=") == 1,
                   f"the audit lines: {journal[-600:]}")
    inside("systemctl", "stop", "weir-capture.socket")
    time.sleep(0.5)
    left = inside("pgrep", "-f", "weir-capture --serve")
    findings.check(left.returncode == 1, f"processes are left: {left.stdout}")
    failed = inside("systemctl", "list-units", "--failed", "--no-legend", "weir*").stdout
    findings.check(not failed.strip(), f"failed units: {failed}")
    nspawn.terminate()
    nspawn.wait(20)
    findings.finish("the service on systemd")


main()
