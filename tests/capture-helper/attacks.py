"""What a hostile member of the group did to the service in a review, each attack by itself: it must take nothing from another
user, change nothing outside its folder, widen no rule and forge no audit line."""

import errno
import os
import socket
import stat
import subprocess
import threading
import time

from capturetest import folder, free_port, own_words, status_of
from sabotage import PR_SET_NO_NEW_PRIVS, failing
from servicetest import PROGRAM, Service, ask, audit_fields, connect, copy_of_program, remove_policy, roots_folder, write_policy
from weirtest import Findings

PIPE_BUF = 4096
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
OF_ONE_USER = 32  # a quarter of 128
RIVAL, OTHER = 2001, 2002
POLICY = f"allow user={RIVAL} interface=lo\nallow user={OTHER} interface=lo\n"


def until(holds, seconds=5):
    end = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.01)
    return held


def takes_every_place(findings):
    """128 silent connections, again and again: the rival has a quarter of the places, each for two seconds."""
    service = Service(POLICY)
    began = time.monotonic()
    silent = [connect(service.path, user=RIVAL) for _ in range(128)]
    findings.check(until(lambda: len(service.children()) == OF_ONE_USER), f"{len(service.children())} helpers for silent clients of one user")
    client, answer, _ = ask(service.path, "capture interface=lo buffer=2048", user=OTHER)
    findings.check(answer.startswith("ok "), f"another user beside 128 silent clients: {answer}")
    client.close()
    answers = [s.recv(200) for s in silent]
    findings.check(sum(a.startswith(b"error busy ") for a in answers) == 128 - OF_ONE_USER
                   and sum(b"within 2 s" in a for a in answers) == OF_ONE_USER, f"silent clients are told: {set(answers)}")
    findings.check(1.9 < time.monotonic() - began < 10, f"silent clients were held {time.monotonic() - began:.1f} s")
    findings.check(until(lambda: not service.children()), "helpers of silent clients stay")
    busy = [a for a in service.audit() if a["verdict"] == "busy"]
    findings.check(0 < len(busy) <= time.monotonic() - began + 1 and sum(int(a["refused"]) for a in busy) == 128 - OF_ONE_USER,
                   f"a flood is one line a second with a count: {busy}")
    service.stop()


def takes_every_capture(findings):
    """As many captures as the policy says, whoever holds them open and however they end."""
    service = Service(POLICY + "limit captures=2 connections=16\n")
    stopped = [ask(service.path, "capture interface=lo buffer=2048", user=RIVAL) for _ in range(3)]
    findings.check([a[:3] for _, a, _ in stopped] == ["ok ", "ok ", "err"], f"three captures where two may be: {[a for _, a, _ in stopped]}")
    findings.check(stopped[-1][1].startswith("error busy "), stopped[-1][1])
    findings.check(until(lambda: len(service.children()) == 2), "a helper that had no place stays")
    more = [connect(service.path, user=RIVAL) for _ in range(4)]
    findings.check(until(lambda: len(service.children()) == 4), "a quarter of sixteen connections")
    client, answer, _ = ask(service.path, "capture interface=lo buffer=2048", user=OTHER)
    findings.check(answer.startswith("ok "), f"another user: {answer}")
    for one in (client, *more, *(s for s, _, _ in stopped)):
        one.close()
    findings.check(until(lambda: not service.children()), "helpers stay when their clients have gone")
    client, answer, _ = ask(service.path, "capture interface=lo buffer=2048", user=RIVAL)
    os.kill(int(service.children()[0]), 9)
    client.close()
    again = [ask(service.path, "capture interface=lo buffer=2048", user=RIVAL)[1][:3] for _ in range(2)]
    findings.check(answer.startswith("ok ") and again == ["ok ", "ok "], f"a place is free again after a helper that was killed: {again}")
    killed = [a for a in service.audit() if a.get("reason") == "signal"]
    findings.check(len(killed) == 1 and killed[0]["signal"] == "9" and killed[0]["uid"] == str(RIVAL), f"a helper that was killed: {killed}")
    service.stop()


def takes_the_memory(findings):
    """Rings of gigabytes from one connection."""
    service = Service(POLICY)
    for line in ("capture " + "interface=lo " * 16 + "buffer=262144", "capture interface=lo buffer=262144", "capture interface=lo interface=lo"):
        client, answer, _ = ask(service.path, line, user=RIVAL)
        findings.check(answer.startswith("error "), f"{line[:60]}: {answer[:100]}")
        client.close()
    service.stop()


def makes_connections_faster_than_helpers(findings):
    """Starting a helper costs processor time: a user has as many starts a second as are documented, and others their own."""
    service = Service(POLICY)
    served = refused = 0
    until_when = time.monotonic() + 3
    while time.monotonic() < until_when:
        client, answer, _ = ask(service.path, b"\n", user=RIVAL)
        client.close()
        served, refused = served + answer.startswith("error bad-request"), refused + answer.startswith("error busy")
    findings.check(served <= 32 + 4 * 16 and refused > 0, f"{served} helpers in three seconds, {refused} refused")
    client, answer, _ = ask(service.path, "capture interface=lo buffer=2048", user=OTHER)
    findings.check(answer.startswith("ok "), f"another user beside them: {answer}")
    client.close()
    service.stop()


def kills_the_listener(findings):
    """Every helper ends with it: one that waits for its line, one that streams, one whose reader is stopped."""
    service = Service(POLICY)
    waiting = connect(service.path, user=RIVAL)
    streaming = ask(service.path, "capture interface=lo buffer=2048", user=RIVAL)
    findings.check(until(lambda: len(service.children()) == 2), "two helpers")
    helpers = service.children()
    service.process.kill()
    service.process.wait()
    left = lambda: [p for p in helpers if os.path.exists(f"/proc/{p}") and not status_of(p)["State"].startswith("Z")]  # noqa: E731
    findings.check(until(lambda: not left()), f"helpers outlive their listener: {left()}")
    waiting.close()
    streaming[0].close()


def forges_audit_lines(findings):
    """Many processes write into one pipe, each as much as it can be made to; no line is another than its writer's."""
    write_policy(POLICY + "limit captures=32 connections=1024\n")
    where = roots_folder()
    path = str(where / "capture.sock")
    reading, writing = os.pipe()
    service = subprocess.Popen([copy_of_program(where), "--listen", path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writing)
    os.close(writing)
    log = []

    def read_slowly():
        while piece := os.read(reading, 1000):
            log.append(piece)
            time.sleep(0.0005)
    reader = threading.Thread(target=read_slowly)
    reader.start()
    findings.check(until(lambda: os.path.exists(path)), "no socket")
    os.chmod(path, 0o666)
    fake = 'weir-capture: audit: verdict=granted uid=0 pid=1 interface="any" '
    lines = ["capture interface=any filter=" + (fake * 100)[:4000], 'capture interface=any filter=" verdict=granted uid=0 x="',
             "capture interface=a\"verdict=granted filter=tcp", "capture interface=any filter=" + "\\" * 4000]
    clients = []
    for n in range(28):
        clients.append(connect(path, user=RIVAL))
        clients[-1].sendall(lines[n % len(lines)].encode() + b"\n")
    answers = []
    for client in clients:
        answers.append(client.recv(100))
        client.close()
    findings.check(all(a.startswith(b"error ") for a in answers), f"something is granted: {answers[:3]}")
    time.sleep(0.5)
    service.terminate()
    service.wait(5)
    reader.join(10)
    os.close(reading)
    told = own_words(b"".join(log).decode(errors="replace")).splitlines()
    fields = [audit_fields(line) for line in told]
    findings.check(len(told) == 28 and None not in fields, f"{len(told)} lines for 28 requests; not an audit line: "
                   f"{[line[:100] for line, found in zip(told, fields) if found is None][:2]}")
    findings.check(all(len(line) < PIPE_BUF for line in told), f"a line of {max(map(len, told), default=0)} bytes")
    findings.check(all(f and f["verdict"] in ("not-permitted", "bad-request") and f["uid"] == str(RIVAL) for f in fields), "a forged audit line")


def tells_how_it_ended(findings):
    """One line for the grant and one for the end, whatever ends it."""
    service = Service(POLICY)
    port = free_port()
    for end, reason in ((lambda s: s.shutdown(socket.SHUT_WR), "client-asked"), (lambda s: s.close(), "client-gone")):
        client, answer, _ = ask(service.path, f"capture interface=lo buffer=2048 filter=udp port {port}", user=RIVAL)
        findings.check(answer.startswith("ok "), answer)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(5):
                sender.sendto(b"x" * 100, ("127.0.0.1", port))
        time.sleep(0.3)
        end(client)
        findings.check(until(lambda: not service.children()), "it does not end")
        client.close()
        granted, ended = service.audit()[-2:]
        findings.check(granted["verdict"] == "granted" and granted["filter"] == f'"udp port {port}"', f"the grant: {granted}")
        findings.check(ended["verdict"] == "ended" and ended["packets"] == "5" and ended["dropped"] == "0" and int(ended["bytes"]) > 1000
                       and 0.2 < float(ended["duration"]) < 20 and ended["reason"] == reason, f"the end: {ended}")
    service.stop()


def points_the_socket_elsewhere(findings):
    """The listener, started as root, is to change mode and owner of what the attacker chooses."""
    theirs = folder()  # which everybody may write
    victim = roots_folder() / "shadow"
    victim.write_text("secret\n")
    victim.chmod(0o600)
    os.symlink(victim, theirs / "s")
    (theirs / "own").mkdir()
    os.chown(theirs / "own", RIVAL, RIVAL)
    (theirs / "group").mkdir()
    (theirs / "group").chmod(0o775)
    below = theirs / "below"
    below.mkdir()
    for path in (theirs / "s", theirs / "new", theirs / "own/s", theirs / "group/s", below / "s"):
        told = listen_briefly(path)
        findings.check(told.returncode == 1 and "others may write the folder" in told.stderr, f"--listen {path}: {told}")
    findings.check(stat.S_IMODE(victim.stat().st_mode) == 0o600 and victim.read_text() == "secret\n", "the file of another was changed")
    # in a sticky folder nobody can put something else in the place of a folder of root
    where = roots_folder()
    taken = where / "file"
    taken.write_text("kept\n")
    told = listen_briefly(taken)
    findings.check(told.returncode == 1 and taken.read_text() == "kept\n", f"--listen on a file: {told}")
    os.symlink(victim, where / "link")
    told = listen_briefly(where / "link")
    findings.check(told.returncode == 1 and victim.read_text() == "secret\n", f"--listen on a link: {told}")
    for words in (["--listen", "relative"], ["--listen", "/" + "x" * 120], ["--listen", str(where / "s"), "tcp"], ["--listen"]):
        told = subprocess.run([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              check=False, timeout=10)
        findings.check(told.returncode == 2 and told.stderr.count("\n") == 1, f"{words}: {told}")


def breaks_a_step(findings):
    """A listener that cannot leave root, or not hand its one capability down, ends before it accepts."""
    where = roots_folder()
    program = copy_of_program(where)
    for call, code, words in (("setgroups", {}, "supplementary groups"), ("setresuid", {}, "user id"),
                              ("prctl", {0: PR_SET_NO_NEW_PRIVS}, "NO_NEW_PRIVS"), ("capset", {}, "reduce the capabilities"),
                              ("prctl", {0: PR_CAP_AMBIENT, 1: PR_CAP_AMBIENT_RAISE}, "hand CAP_NET_RAW down")):
        told = subprocess.run([program, "--listen", str(where / "s")], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, check=False, timeout=10, preexec_fn=failing((call, errno.EPERM, code), user=0))
        error = own_words(told.stderr)
        findings.check(told.returncode == 3 and words in error and error.count("\n") == 1, f"{call} {code}: {told.returncode} {error}")


def listen_briefly(path):
    """What --listen says when it does not start; it is ended where it does."""
    process = subprocess.Popen([PROGRAM, "--listen", str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True)
    try:
        _, error = process.communicate(timeout=2)
    except subprocess.TimeoutExpired:
        process.terminate()
        _, error = process.communicate(timeout=5)
    return subprocess.CompletedProcess(process.args, process.returncode, "", own_words(error))


def main():
    findings = Findings()
    Service(POLICY).stop()  # skips where it cannot be started
    for attack in (takes_every_place, takes_every_capture, takes_the_memory, makes_connections_faster_than_helpers, kills_the_listener,
                   forges_audit_lines, tells_how_it_ended, points_the_socket_elsewhere, breaks_a_step):
        before = len(findings.list)
        try:
            attack(findings)
        except (IndexError, KeyError, OSError, ValueError) as e:
            findings.add(f"{attack.__name__}: {e!r}")
        print(f"{attack.__name__}: {'held' if len(findings.list) == before else 'NOT HELD'}")
    remove_policy()
    findings.finish("attacks on the service")


main()
