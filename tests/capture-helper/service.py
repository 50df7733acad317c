"""The capture service: who may capture what stands in its policy and nowhere else, each client has a stream of its own, and
nothing is left when it stops. Driven by --listen, and by systemd-socket-activate as systemd does it."""

import os
import shutil
import signal
import socket
import subprocess
import time

from capturetest import blocks, free_port, packets, send, status_of
from servicetest import POLICY, PROGRAM, Service, ask, connect, copy_of_program, roots_folder, write_policy
from weirtest import Findings

CAPTURES = 8  # of one user, where capture.conf has no other limit


def policy(port, more=""):
    return f"""# who may capture what
allow user=nobody interface=lo snaplen=128 promiscuous=no filter=udp port {port}
allow group=4242 interface=lo interface=any
allow user=0 interface=* promiscuous=yes
allow user=4000 interface=lo snaplen=64 filter=udp port {port}
allow user=4000 interface=* promiscuous=yes
{more}"""


def collect(client, rest, seconds=0.3):
    """What comes within that time, whole blocks of it."""
    until = time.monotonic() + seconds
    client.settimeout(0.05)
    while time.monotonic() < until:
        try:
            rest += client.recv(1 << 16)
        except (TimeoutError, socket.timeout):
            pass
    return blocks(rest)


def main():
    findings = Findings()
    port, other = free_port(), free_port()
    service = Service(policy(port, "limit captures=10\n"))

    # the rule's user: lowered, and held to the mandatory filter
    client, answer, rest = ask(service.path, f"capture interface=lo filter=udp port {port} or udp port {other}")
    findings.check(answer == f"ok interface=lo snaplen=128 buffer=16384 promiscuous=no direction=inout filter=(udp port {port}) "
                             f"and (udp port {port} or udp port {other})", f"granted: {answer}")
    send(port, 3, 400)
    send(other, 3, 400)
    seen = packets(collect(client, rest))
    findings.check(len(seen) == 3 and all(len(p[3]) == 128 for p in seen), f"outside the mandatory filter: {len(seen)} packets")
    child = service.children()[0]
    told = status_of(child)
    findings.check(all(int(told[row], 16) == 0 for row in ("CapPrm", "CapEff", "CapInh", "CapAmb", "CapBnd")), "a child has no capability")
    findings.check("0" not in told["Uid"].split() and (os.environ.get("WEIR_SANITIZE") or told["Seccomp"] == "2"), "a child is walled")
    parent = status_of(service.process.pid)
    findings.check("0" not in parent["Uid"].split() and int(parent["CapPrm"], 16) == 1 << 13
                   and parent["NoNewPrivs"] == "1", f"the parent keeps CAP_NET_RAW only: {parent['CapPrm']}")
    client.close()

    # what is refused, and why
    for line, who, code in (
            ("capture interface=any", {}, "not-permitted"),
            ("capture", {}, "not-permitted"),
            ("capture interface=lo interface=eth0", {}, "not-permitted"),
            ("capture interface=lo", {"user": 12345}, "not-permitted"),
            (f"capture interface=lo filter=udp) or (udp port {other}", {}, "bad-filter"),
            ("capture interface=lo filter=tcp prt", {}, "bad-filter"),
            ("capture interface=nope0", {"user": 0}, "no-such-interface"),
            ("capture interface=lo monitor=yes", {"user": 0}, "bad-request"),
            ("capture interface=lo interface=lo", {"user": 0}, "bad-request"),
            ("capture interface=lo interface=a interface=b interface=c interface=d", {"user": 0}, "not-permitted"),
            ("capture interface=lo buffer=65537", {"user": 0}, "not-permitted"),
            ("capture interface=lo interface=any buffer=32769", {"user": 0}, "not-permitted"),
            ("capture snaplen=0", {}, "bad-request"), ("capture colour=red", {}, "bad-request"), ("serve", {}, "bad-request"),
            ("capture snaplen=9 snaplen=9", {}, "bad-request"), (b"capture\ncapture\n", {}, "bad-request"),
            (b"capture filter=\x01\n", {}, "bad-request"), (b"capture " + b"x" * 5000, {}, "bad-request")):
        client, answer, rest = ask(service.path, line, **who)
        findings.check(answer.startswith(f"error {code} ") and not rest, f"{line[:60]}: {answer}")
        client.close()
    for who in ({"user": 777, "group": 4242}, {"user": 777, "groups": [4242]}, {"user": 0}):
        client, answer, _ = ask(service.path, "capture interface=any", **who)
        findings.check(answer.startswith("ok interface=any "), f"{who}: {answer}")
        client.close()

    # beside another interface lo is seen no wider than alone
    for interfaces in ("interface=lo", "interface=any interface=lo", "interface=lo interface=any"):
        client, answer, _ = ask(service.path, f"capture {interfaces} buffer=2048", user=4000)
        findings.check(answer == f"ok {interfaces} snaplen=64 buffer=2048 promiscuous=no direction=inout filter=udp port {port}", answer)
        client.close()

    # a line in pieces, and one that never ends
    client = ask(service.path, b"\n")[0]
    client.close()
    began = time.monotonic()
    client, answer, _ = ask(service.path, b"capture interface=lo")
    findings.check("within 2 s" in answer and 1.5 < time.monotonic() - began < 4, f"no end of line: {answer}")
    client.close()

    # ten at once; a stopped one harms nobody
    streams = [ask(service.path, "capture interface=lo") for _ in range(10)]
    findings.check(all(answer.startswith("ok ") for _, answer, _ in streams), "ten clients at once")
    for _ in range(20):  # the first client reads nothing
        send(port, 100, 1000)
        for index in range(1, 10):
            streams[index] = (streams[index][0], "", streams[index][2] + drained(streams[index][0]))
    counts = [len(packets(collect(client, rest, 0.2))) for client, _, rest in streams[1:]]
    findings.check(counts == [2000] * 9, f"ten clients, one stopped: the others saw {counts}")
    for client, _, _ in streams:
        client.close()

    # a policy that cannot be trusted permits nobody
    for what, change, words in (
            ("an error in it", lambda: write_policy("# one\nallow user=nobody interface=lo colour=red\n"), ":2:32: "),
            ("cut short", lambda: write_policy("allow user=nobody interface=lo"), ":1:31: "),
            ("in a folder of others", lambda: os.chmod(os.path.dirname(POLICY), 0o777), "others may write the folder"),
            ("in a folder of another user", lambda: os.chown(os.path.dirname(POLICY), 65534, 0), "others may write the folder"),
            ("a rule for nobody", lambda: write_policy("allow interface=lo\n"), ":1:1: "),
            ("written by a group", lambda: os.chmod(POLICY, 0o664), "not trusted"),
            ("of another user", lambda: os.chown(POLICY, 65534, 0), "not trusted"),
            ("too long", lambda: write_policy("#" * 70000), "65536"),
            ("a link", lambda: link(service.where), "cannot open"),
            ("gone", lambda: os.unlink(POLICY), "cannot open")):
        write_policy(policy(port))
        change()
        client, answer, _ = ask(service.path, "capture interface=lo")
        findings.check(answer.startswith("error failed ") and words in answer, f"a policy that is {what}: {answer}")
        client.close()
        os.chmod(os.path.dirname(POLICY), 0o755)
        os.chown(os.path.dirname(POLICY), 0, 0)
    if os.path.lexists(POLICY):
        os.unlink(POLICY)
    write_policy(policy(port))

    # as many captures of a user as the policy says, whoever else captures
    write_policy(policy(port))
    until_none(service.children)
    many = [ask(service.path, "capture interface=lo buffer=2048") for _ in range(CAPTURES + 1)]
    findings.check(all(answer.startswith("ok ") for _, answer, _ in many[:-1]), "as many captures of a user as are documented")
    findings.check(many[-1][1].startswith("error busy "), f"one capture more: {many[-1][1]}")
    client, answer, _ = ask(service.path, "capture interface=any buffer=2048", user=777, group=4242)
    findings.check(answer.startswith("ok "), f"another user beside them: {answer}")
    for one in (client, *(c for c, _, _ in many)):
        one.close()
    left = until_none(service.children)
    findings.check(not left, f"processes of clients that have gone: {left}")
    client, answer, _ = ask(service.path, "capture interface=lo")
    findings.check(answer.startswith("ok "), f"their places are free again: {answer}")

    # a client's process that dies of a signal takes nobody with it
    os.kill(int(service.children()[0]), signal.SIGSEGV)
    findings.check(not until_none(service.children) and service.process.poll() is None, "a killed child stays")
    client.close()

    # who is still waiting when the service ends gets nothing from it
    waiting = Service(policy(port))
    client = connect(waiting.path)
    client.sendall(b"capture inter")
    findings.check(not until_none(lambda: not waiting.children()), "no process for a waiting client")
    child = waiting.children()[0]
    findings.check(waiting.stop() == 0, "a service with a waiting client ends")
    findings.check(not until_none(lambda: alive([child]), 1), "the process of a waiting client outlives the service")
    client.close()

    # the end: clients read an end of file at a block boundary, no process is left
    client, answer, rest = ask(service.path, "capture interface=lo")
    send(port, 5)
    children = service.children()
    findings.check(service.stop() == 0, "the service ends with status 0")
    client.settimeout(3)
    while piece := client.recv(65536):
        rest += piece
    findings.check(len(packets(blocks(rest))) == 5, "the last packets come before the end")
    left = until_none(lambda: alive(children))
    findings.check(not left, f"processes are left: {left}")

    activated(findings, port)
    another_name(findings)
    findings.finish("the service")


def until_none(what, seconds=3):
    """What is still there when there should be nothing."""
    until = time.monotonic() + seconds
    while (left := what()) and time.monotonic() < until:
        time.sleep(0.01)
    return left


def alive(pids):
    return [pid for pid in pids if os.path.exists(f"/proc/{pid}") and not status_of(pid)["State"].startswith("Z")]


def drained(client):
    out = b""
    client.settimeout(0.0)
    try:
        while piece := client.recv(1 << 20):
            out += piece
    except BlockingIOError:
        pass
    return out


def link(where):
    target = where / "elsewhere"
    target.write_text("allow user=nobody interface=lo\n")
    os.unlink(POLICY)
    os.symlink(target, POLICY)


def another_name(findings):
    """Who may see eth* may not see lo by giving, or finding, an alternative name for it. In a network of its own."""
    tools = [shutil.which(tool, path="/usr/sbin:/sbin:/usr/bin:/bin") for tool in ("unshare", "nsenter", "ip")]
    if None in tools:
        print("SKIPPED: unshare, nsenter or ip is not installed (alternative names)")
        return
    unshare, nsenter, ip = tools
    service = Service("allow user=5000 interface=eth* interface=any\nallow user=0 interface=*\n", [unshare, "--net"])
    for change in (["link", "set", "lo", "up"], ["link", "property", "add", "dev", "lo", "altname", "eth9"]):
        subprocess.run([nsenter, "-t", str(service.process.pid), "--net", ip, *change], check=True)
    for interfaces, user, expected in (("interface=eth9", 5000, "error not-permitted "), ("interface=eth9", 0, "ok interface=lo "),
                                       ("interface=lo interface=eth9", 0, "error bad-request ")):
        client, answer, _ = ask(service.path, f"capture {interfaces} buffer=2048", user=user)
        findings.check(answer.startswith(expected), f"lo, which is eth9 too: {interfaces} for {user}: {answer}")
        client.close()
    service.stop()


def activated(findings, port):
    """Its listening socket handed to it by systemd-socket-activate: as LISTEN_FDS, on descriptor 0, and one for each client."""
    tool = shutil.which("systemd-socket-activate")
    if tool is None:
        print("SKIPPED: systemd-socket-activate is not installed")
        return
    for way in (["--listen"], ["--inetd", "--listen"], ["--accept", "--inetd", "--serve"]):
        where = roots_folder()
        path, program = str(where / "activated.sock"), copy_of_program(where)
        server = subprocess.Popen([tool, *way[:-1], "--listen", path, program, way[-1]], stderr=subprocess.DEVNULL)
        try:
            for _ in range(300):
                if os.path.exists(path):
                    break
                time.sleep(0.01)
            os.chmod(path, 0o666)
            client, answer, rest = ask(path, "capture interface=lo")
            findings.check(answer.startswith("ok interface=lo snaplen=128 "), f"{way}: {answer}")
            send(port, 3)
            findings.check(len(packets(collect(client, rest))) == 3, f"{way}: three packets")
            client.close()
            client, answer, _ = ask(path, "capture interface=lo", user=12345)
            findings.check(answer.startswith("error not-permitted "), f"{way}: {answer}")
            client.close()
        finally:
            server.terminate()
            server.wait(5)
    told = subprocess.run([PROGRAM, "--serve"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, timeout=5)
    findings.check(told.returncode == 2 and "Unix stream socket" in told.stderr, f"--serve without a socket: {told}")


main()
