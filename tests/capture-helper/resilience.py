"""A thousand hostile requests to the socket, and what they cost: none is served, none crashes the service, its memory stays
flat, and a good client in between has its answer at most 100 ms later. Prints the figures."""

import random
import statistics
import threading
import time
from collections import Counter

from capturetest import SANITIZED
from servicetest import Service, ask, connect
from weirtest import Findings, skip

KINDS = {
    "garbage": lambda rng: rng.randbytes(rng.randrange(1, 3000)),
    "half a line": lambda rng: b"capture interface=lo"[:rng.randrange(1, 20)],
    "one MiB": lambda rng: b"capture filter=" + b"a" * (1 << 20) + b"\n",
    "closed early": lambda rng: b"",
    "NULs": lambda rng: b"capture" + b"\0" * rng.randrange(1, 100) + b"\n",
    "unknown keys": lambda rng: b"capture key%d=1\n" % rng.randrange(100),
    "repeated keys": lambda rng: b"capture " + b"snaplen=64 " * 50 + b"\n",
    "many interfaces": lambda rng: b"capture " + b"interface=lo " * 300 + b"\n",
    "hostile filters": lambda rng: b"capture interface=lo buffer=2048 filter=" + rng.choice(
        [b"(" * 3000, b"tcp) or (udp", b"not " * 900, b"tcp[" * 800 + b"0", b"ip[0] = 1 / 0"]) + b"\n",
    "no request": lambda rng: rng.choice([b"\n", b"GET / HTTP/1.1\r\n\r\n", b"capture\tcapture\n", b"ok interface=lo\n"]),
}


def attack(path, payload, tally, lock, kind):
    """Sends it, shuts down, and reads the answer."""
    answer = b""
    try:
        with connect_as_stranger(path, lock) as s:
            s.settimeout(10)
            try:
                s.sendall(payload)
                s.shutdown(1)
            except OSError:
                pass
            while piece := s.recv(65536):
                answer += piece
                if answer.startswith(b"ok"):
                    break
    except OSError:
        pass
    with lock:
        tally.setdefault(kind, []).append(answer.decode(errors="replace"))


def connect_as_stranger(path, lock):
    with lock:  # the effective user is changed for the whole process
        return connect(path, user=1000)


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def main():
    if SANITIZED:
        skip("the figures of a sanitizer build mean nothing")
    findings = Findings()
    service = Service("allow user=nobody interface=lo\nallow user=1000 interface=lo\n")
    rng, lock, tally, waits = random.Random(7), threading.Lock(), {}, []
    with lock:
        ask(service.path, "capture interface=lo")[0].close()
    calm = []  # without a flood; two seconds and a half, below the rate at which one user may start helpers
    for _ in range(20):
        asked = time.monotonic()
        ask(service.path, "capture interface=lo buffer=2048")[0].close()
        calm.append(time.monotonic() - asked)
        time.sleep(0.1)
    before = middle = resident(service.process.pid)
    began, sent = time.monotonic(), 0
    kinds = list(KINDS)
    while sent < 1000:
        if sent == 500:
            middle = resident(service.process.pid)
        threads = []
        for _ in range(20):
            kind = kinds[sent % len(kinds)]
            threads.append(threading.Thread(target=attack, args=(service.path, KINDS[kind](rng), tally, lock, kind)))
            threads[-1].start()
            sent += 1
        with lock:
            asked = time.monotonic()
            client, answer, _ = ask(service.path, "capture interface=lo buffer=2048")
            waits.append(time.monotonic() - asked)
        findings.check(answer.startswith("ok "), f"the good client: {answer}")
        client.close()
        for thread in threads:
            thread.join()
    until = time.monotonic() + 5
    while service.children() and time.monotonic() < until:
        time.sleep(0.01)
    # one byte a second: their places are free again after two
    slow = [connect(service.path, user=1001) for _ in range(30)]
    for _ in range(3):
        for s in slow:
            try:
                s.send(b"c")
            except OSError:
                pass
        asked = time.monotonic()
        client, answer, _ = ask(service.path, "capture interface=lo buffer=2048")
        waits.append(time.monotonic() - asked)
        findings.check(answer.startswith("ok "), f"the good client among slow ones: {answer}")
        client.close()
        time.sleep(1)
    answers = [s.recv(100) for s in slow]
    findings.check(all(a.startswith(b"error bad-request") for a in answers), f"slow clients: {answers[:3]}")
    for s in slow:
        s.close()

    after = resident(service.process.pid)
    findings.check(service.process.poll() is None, "the service is still there")
    served = [kind for kind, answers in tally.items() if any(a.startswith("ok") for a in answers)]
    findings.check(not served, f"served: {served}")
    # a process that crashed would have answered nothing; what is still unread when it ends resets a client that sends too much
    for kind, found in tally.items():
        silent = [a for a in found if not a.startswith("error ")]
        findings.check(not silent or kind == "one MiB", f"{kind}: {len(silent)} without an answer: {silent[:3]}")
    findings.check(after - before < 512 and after - middle < 128, f"memory went from {before} by {middle} to {after} KiB")
    late, usual = statistics.median(waits), statistics.median(calm)
    findings.check(late - usual < 0.1, f"the good client waited {late * 1000:.0f} ms, in peace {usual * 1000:.0f} ms")
    time.sleep(0.5)
    findings.check(not service.children(), f"processes left: {service.children()}")
    crashed = [line for line in service.said().splitlines() if not line.startswith("weir-capture: ")]
    findings.check(not crashed, f"the log has other lines: {crashed[:3]}")
    tally["one byte a second"] = [a.decode() for a in answers]
    for kind, found in tally.items():
        refusals = Counter(a.split(" ")[1] if a.startswith("error ") else "reset" for a in found)
        print(f"  {kind}: {len(found)}, {dict(refusals)}")
    print(f"{sent + len(slow)} hostile requests in {time.monotonic() - began:.1f} s: none served; memory {before}, {middle}, {after} KiB; "
          f"{len(waits)} good clients answered after {min(waits) * 1000:.1f} to {max(waits) * 1000:.1f} ms, {late * 1000:.1f} ms in the median, "
          f"in peace {usual * 1000:.1f} ms")
    service.stop()
    findings.finish("resilience")


main()
