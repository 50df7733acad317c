"""The capture socket on a real systemd (machine.py): by user and group, with the mandatory filter, ten clients at once, one of
them stopped; refusals, audit lines, and nothing left at the end."""

import json
import os
import shutil
import textwrap
import time

from machine import Machine, install, overlay
from weirtest import SOURCE, Findings

INSIDE = textwrap.dedent('''
    """Runs inside: captures as the user that it is started as; prints what came of it as JSON."""
    import json, os, socket, struct, sys, time
    sys.path.insert(0, sys.argv[1])
    from capturetest import blocks, packets, send, status_of
    port, other, count = map(int, sys.argv[2:5])
    line = sys.argv[5]
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


def main():
    root = overlay()
    install(root)
    (root / "usr/share/weir-inside.py").write_text(INSIDE)
    tests = root / "usr/share/weir-tests"
    tests.mkdir()
    for source in (SOURCE / "tests/capture-helper/capturetest.py", SOURCE / "tests/lib/weirtest.py"):
        shutil.copy(source, tests)
    findings, machine = Findings(), Machine(root)

    def capture(user, line, count=1, port=5001, other=5002):
        told = machine.as_user(user, "/usr/bin/python3", "/usr/share/weir-inside.py", "/usr/share/weir-tests", str(port), str(other),
                               str(count), line)
        try:
            return json.loads(told.stdout)
        except ValueError:
            return {"answers": [f"{told.returncode} {told.stderr}"]}

    policy = machine.root / "etc/weir/capture.conf"
    findings.check("allow user=weir " in policy.read_text(), "the policy as installed")
    policy.write_text("allow group=weir interface=lo snaplen=256 filter=udp port 5001\n")
    machine.inside("usermod", "-aG", "weir", "games")

    told = capture("games", "capture interface=lo", 10)
    findings.check(len(told["answers"]) == 10 and all(a.startswith("ok interface=lo snaplen=256 ") for a in told["answers"]), f"ten at once: {told['answers'][:2]}")
    findings.check(told.get("counts", [])[1:] == [1000] * 9, f"nine readers and a stopped one: {told.get('counts')}")
    findings.check(told.get("ports") == [5001], f"seen outside the mandatory filter: {told.get('ports')}")
    findings.check(len(told.get("helpers", [])) == 10, f"{len(told.get('helpers', []))} helpers for ten clients")
    for helper in told.get("helpers", []):
        findings.check(all(int(helper[k], 16) == 0 for k in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) and helper["NoNewPrivs"] == "1"
                       and (os.environ.get("WEIR_SANITIZE") or helper["Seccomp"] == "2") and "0" not in helper["Uid"].split(), f"a helper: {helper}")
    told = capture("games", "capture interface=any")
    findings.check(told["answers"][0].startswith("error not-permitted no rule of /etc/weir/capture.conf"), f"in the group, without a rule: {told}")
    told = capture("mail", "capture interface=lo")
    findings.check(told["answers"][0] == "connect: Permission denied", f"outside the group: {told}")
    for user, interface, words in (("mail", "lo", "you need to be in the group"), ("games", "any", "no rule of /etc/weir/capture.conf")):
        told = machine.as_user(user, "/usr/bin/weir", "--connect", "/run/weir/capture.sock", "-i", interface)
        findings.check(told.returncode == 3 and told.stderr.count("\n") == 1 and words in told.stderr, f"weir --connect as {user}: {told}")

    journal = machine.journal("-t", "weir-capture")
    findings.check(journal.count("audit: verdict=granted uid=") == 10 and journal.count("audit: verdict=not-permitted uid=") == 2,
                   f"the audit lines: {journal[-600:]}")
    machine.inside("systemctl", "stop", "weir-capture.socket")
    time.sleep(0.5)
    findings.check(not machine.pids("weir-capture"), "processes are left")
    failed = machine.inside("systemctl", "list-units", "--failed", "--no-legend", "weir*").stdout
    findings.check(not failed.strip(), f"failed units: {failed}")
    machine.stop()
    findings.finish("the capture socket on systemd")


main()
