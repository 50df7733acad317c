"""The running helper has no privilege: the sets, ids and flags that the kernel shows, --verify, the order of the steps as
strace sees them, and every path of the stream inside the real filter."""

import fcntl
import re
import resource
import shutil
import socket
import struct
import subprocess
import termios
import time

from capturetest import (NOBODY, SANITIZED, Capture, blocks, capable, folder, free_port, options, own_words, packets, send,
                         status_of)
from weirtest import Findings, run, skip


def check_state(findings, how, pid, user):
    told = status_of(pid)
    for row in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        findings.check(int(told[row], 16) == 0, f"{how}: {row} is {told[row]}")
    findings.check(int(told["CapBnd"], 16) == 0, f"{how}: CapBnd is {told['CapBnd']} (user namespaces forbidden here?)")
    findings.check(told["Uid"].split() == [str(user)] * 4, f"{how}: uids are {told['Uid']}")
    findings.check(told["Groups"].split() == [], f"{how}: groups are {told['Groups']}")
    findings.check(told["NoNewPrivs"] == "1" and told["Seccomp"] == "2", f"{how}: {told['NoNewPrivs']} {told['Seccomp']}")


def wait_until(holds, seconds=5):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.01)
    return False


def memory_is_short(findings, helper, port):
    """Address space that ends anywhere: before the walls or behind them there is one line and a status, never a signal. And
    a running helper allocates nothing: it streams on when there is nothing more to have."""
    ends = {}

    def started_with(mib):
        size = int(mib * (1 << 20))
        capture = Capture(helper, "-i", "lo", "-B", "2048", f"udp port {port}",
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)))
        if capture.wait_for(lambda data: len(data) > 100, 5):
            status, _, error = capture.end()
        else:
            status, error = capture.process.wait(5), capture.process.stderr.read().decode()
        ends.setdefault((status, error.strip().rsplit(": ", 1)[-1]), []).append(mib)
        findings.check(status in (0, 1, 127) and error.count("\n") == (status != 0), f"{mib} MiB of memory: {status} {error!r}")
        return status == 0

    enough = next((mib for mib in range(1, 128) if started_with(mib)), None)
    for sixteenths in range(1, 24):  # the last that is allocated is the stream's own buffer, behind the walls
        started_with((enough or 128) - sixteenths / 16)
    print("memory (MiB):", {f"{status} {words}": f"{min(sizes)}-{max(sizes)}" for (status, words), sizes in ends.items()})
    findings.check(enough is not None, "no size was enough")
    findings.check((1, "out of memory") in ends, "no size ended an allocation of its own")

    capture = Capture(helper, "-i", "lo", f"udp port {port}").started()
    told = run("prlimit", "--pid", capture.process.pid, "--as=0", "--data=0", **NOBODY)  # its own user may, from outside
    findings.check(told.returncode == 0, f"prlimit: {told}")
    for _ in range(20):
        send(port, 500, 1400)
        capture.wait_for(lambda data: False, 0.1)
    status, data, error = capture.end()
    findings.check(status == 0 and not error and len(packets(blocks(data))) == 10000, f"nothing to allocate: {status} {error!r}")


def main():
    if SANITIZED:
        skip("a sanitizer build has no walls, and says so")
    findings = Findings()
    where = folder()
    helper = capable(where)
    port = free_port()

    # three ways in, one state
    capture = Capture(helper, "-i", "lo").started()
    check_state(findings, "file capability", capture.process.pid, 65534)
    sandbox = options(blocks(capture.data)[0][1], 16)[1].decode().split()
    findings.check(sandbox[:-2] == ["sandbox:", "caps=none", "bounding=none", "uid=65534", "groups=none", "no_new_privs",
                                    "not_dumpable"] and sandbox[-1] == "seccomp", f"the section header names every wall: {sandbox}")
    capture.end()
    capture = Capture(helper, "-i", "lo", extra_groups=[4, 24]).started()
    said = options(blocks(capture.data)[0][1], 16)[1].decode().split()
    findings.check("groups=2" in said and status_of(capture.process.pid)["Groups"].split() == ["4", "24"],
                   f"groups that cannot be left are told: {said}")
    capture.end()
    setuid = where / "setuid"
    shutil.copyfile(helper, setuid)
    setuid.chmod(0o4755)
    capture = Capture(setuid, "-i", "lo", extra_groups=[4, 24]).started()
    check_state(findings, "setuid root", capture.process.pid, 65534)
    capture.end()
    capture = Capture(setuid, "-i", "lo", user=0, group=0).started()
    findings.check(status_of(capture.process.pid)["Uid"].split()[0] != "0", "started by root it is no longer root")
    findings.check(int(status_of(capture.process.pid)["CapPrm"], 16) == 0, "started by root it has no capability")
    capture.end()

    plain = where / "plain"
    shutil.copyfile(helper, plain)
    plain.chmod(0o755)
    capture = Capture("/usr/bin/env", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+net_raw",
                      "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw", plain, "-i", "lo", user=0, group=0).started()
    check_state(findings, "as systemd starts it", capture.process.pid, 65534)
    capture.end()

    # every kind of stream lives inside the filter: a kill would end it with SIGSYS
    for arguments in (["-i", "lo"], ["-i", "any"], ["-i", "lo", "-i", "any"], ["-i", "lo", "--immediate"],
                      ["-i", "lo", "--format", "pcap"], ["-i", "lo", "--direction", "in"], ["-i", "lo", "-s", "64"]):
        capture = Capture(helper, *arguments, f"udp port {port}").started() if "pcap" not in arguments else \
            Capture(helper, *arguments, f"udp port {port}")
        time.sleep(0.3)
        send(port, 2000, 1400)
        capture.wait_for(lambda data: False, 1.2)
        status, data, error = capture.end()
        findings.check(status == 0 and not error and len(data) > 2000 * 64, f"{arguments}: {status} {error!r} {len(data)} bytes")
    memory_is_short(findings, helper, port)

    # the reader goes away while the helper is blocked in a write, which then answers EPIPE
    capture = Capture(helper, "-i", "lo", f"udp port {port}").started()
    send(port, 2000, 1400)
    def in_the_pipe():
        return struct.unpack("i", fcntl.ioctl(capture.process.stdout, termios.FIONREAD, b"0123"))[0]
    size = fcntl.fcntl(capture.process.stdout, fcntl.F_GETPIPE_SZ)
    findings.check(wait_until(lambda: in_the_pipe() == size), f"it is not blocked in a write: {in_the_pipe()} of {size} bytes")
    capture.process.stdout.close()
    findings.check(capture.process.wait(3) == 0 and not capture.process.stderr.read(), f"EPIPE: {capture.process.returncode}")

    ours, theirs = socket.socketpair()
    with theirs:
        capture = Capture(helper, "-i", "lo", f"udp port {port}", stdout=theirs)
    findings.check(ours.recv(65536) != b"", "a socket takes the stream")
    ours.close()
    findings.check(capture.process.wait(3) == 0, "a socket whose peer has gone ends it with status 0")

    # an interface that goes down, comes up again, and is removed
    if shutil.which("ip"):
        space = f"weir-walls-{capture.process.pid}"
        inside = ["ip", "netns", "exec", space]
        try:
            made = [run("ip", "netns", "add", space), run(*inside, "ip", "link", "add", "w0", "type", "veth", "peer", "name", "w1"),
                    run(*inside, "ip", "link", "set", "w0", "up")]
            if all(m.returncode == 0 for m in made):
                capture = Capture("/usr/bin/env", *inside, str(helper), "-i", "w0", user=0, group=0, start_new_session=True).started()
                for words in (["set", "w0", "down"], ["set", "w0", "up"], ["del", "w0"]):
                    run(*inside, "ip", "link", *words)
                    time.sleep(0.3)
                findings.check(capture.process.wait(5) == 1, f"a removed interface: status {capture.process.returncode}")
                error = own_words(capture.process.stderr.read().decode())
                findings.check("w0" in error and error.count("\n") == 1, f"a removed interface: {error!r}")
            else:
                print("SKIPPED: no network namespace with veth can be made here")
        finally:
            run("ip", "netns", "delete", space)

    # the order of the steps
    if shutil.which("strace") is None:
        print("SKIPPED: strace is not installed (the order of the steps)")
    else:
        log = where / "strace"
        capture = subprocess.Popen(["strace", "-f", "-o", log, helper, "-i", "lo", f"udp port {port}"], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        capture.stdout.read1(1)
        capture.stdout.close()
        capture.wait(10)
        calls = log.read_text()
        position, steps = 0, (
            ("not dumpable, before anything else", r"^\d+ +prctl\(PR_SET_DUMPABLE, (SUID_DUMP_DISABLE|0)"),
            ("inherited descriptors are closed", r"close_range\(3, 4294967295, 0\) += 0"),
            ("groups are left", r"setgroups\(0"),
            ("uid 0 is left", r"setresuid\((\d+), \1, \1\) += 0"),
            ("not dumpable as another user", r"prctl\(PR_SET_DUMPABLE, (SUID_DUMP_DISABLE|0)"),
            ("no new privileges", r"prctl\(PR_SET_NO_NEW_PRIVS, 1"),
            ("only CAP_NET_RAW is kept", r"capset\(.*effective=1<<CAP_NET_RAW, permitted=1<<CAP_NET_RAW, inheritable=0"),
            ("the packet socket is opened", r"socket\(AF_PACKET, SOCK_RAW.*\) += \d"),
            ("everything is dropped", r"capset\(.*effective=0, permitted=0, inheritable=0"),
            ("not dumpable", r"prctl\(PR_SET_DUMPABLE, (SUID_DUMP_DISABLE|0)"),
            ("it is proved", r"socket\(AF_PACKET, SOCK_RAW, .*\) += -1 EPERM"),
            ("the filter is set", r"setsockopt\(\d+, SOL_SOCKET, SO_ATTACH_FILTER"),
            ("the filter is locked", r"setsockopt\(\d+, SOL_SOCKET, SO_LOCK_FILTER"),
            ("Landlock", r"landlock_restrict_self\(.*\) += 0"),
            ("seccomp", r"(seccomp|prctl)\((SECCOMP_SET_MODE_FILTER|PR_SET_SECCOMP)"),
            ("the stream", r'write\(1, "\\n\\r\\r\\n'),
        )
        for what, pattern in steps:
            match = re.compile(pattern, re.M).search(calls, position)
            findings.check(match is not None, f"order of steps: {what} (/{pattern}/) does not follow")
            position = match.end() if match else position
        findings.check(not re.search(r"\b(read|recvfrom|recvmsg)\(0,", calls), "standard input is not read")
        as_root = calls[:re.search(r"setresuid\((\d+), \1, \1\) += 0", calls).start()]
        findings.check(not re.search("nsswitch|libnss|AF_UNIX", as_root) and "/etc/passwd" in as_root,
                       "users are looked up by libraries while it is root")
        told = run("strace", "-f", "-o", log, plain, "--list-interfaces")
        calls = log.read_text()
        match = re.search(r"setresuid\((\d+), \1, \1\) += 0", calls)
        findings.check(told.returncode == 0 and match and not re.search("AF_(NETLINK|INET|PACKET)", calls[:match.start()]),
                       "--list-interfaces asks as root")
    findings.finish("the walls")


main()
