"""The work of a capture costs no more instructions than figures.txt beside this says, plus 3 %. Counted by callgrind in a
release build on captures made here, which are the same bytes in every run: so is the figure, on a busy machine too. Who
raises one writes the reason beside it.

Usage: count.py WORKLOAD_PROGRAM
"""

import gzip
import os
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path

from pcapmake import Capture, Connection
from weirtest import WEIR, Findings, events, run, skip

FIGURES = Path(__file__).with_name("figures.txt")
GROWTH = 1.03
# libc chooses its memcpy and memchr by the processor: here the oldest ones, so that the figure is the same everywhere.
PLAIN = "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-BMI2,-LZCNT,-MOVBE,-RTM"
SIZES = (64, 200, 450, 700, 1000, 1400, 2200, 3600)


def bodies():
    """64 JSON texts of eight sizes; the long ones packed, as a server does."""
    rng, made = random.Random(12), []
    for i in range(64):
        text = f'{{"file":{i},"text":"'
        while len(text) < SIZES[i % 8] - 2:
            text += rng.choice(("river", "gate", "level", "flow", "spill", "crest", "pool", "apron")) + " "
        text = (text[:SIZES[i % 8] - 2] + '"}').encode()
        made.append((b"Content-Encoding: gzip\r\n", gzip.compress(text, 1, mtime=0)) if len(text) > 1800 else (b"", text))
    return made


def exchange(connection, number, files, close=b""):
    """What scripts/bench lets wrk ask and nginx answer."""
    head = (b"Host: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0\r\n"
            b"Accept: application/json,text/plain;q=0.9,*/*;q=0.5\r\nAccept-Encoding: gzip, br\r\n"
            b"Cookie: session=%d; lang=en\r\nX-Request-Id: bench-%07d\r\n" % (number * 7919 % 1000003, number)) + close
    coding, body = b"", b'{"status":"ok","rows":[{"id":1},{"id":2},{"id":3}],"more":false}'
    if number % 10 == 3:
        order = b'{"order":%d,"items":[{"sku":"w-12","n":3}]}' % number
        connection.request(b"POST /api/orders HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (head, len(order), order), ack=False)
    elif number % 2 == 0:
        coding, body = files[number * 5 % 64]
        connection.request(b"GET /files/%d.json?v=%d HTTP/1.1\r\n%s\r\n" % (number * 5 % 64, number, head), ack=False)
    else:
        connection.request(b"GET /api/orders/%d HTTP/1.1\r\n%s\r\n" % (number % 5000, head), ack=False)
    connection.response(b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 07:50:45 GMT\r\n"
                        b"Content-Type: application/json\r\nContent-Length: %d\r\n%sConnection: %s\r\n\r\n%s"
                        % (len(body), coding, b"close" if close else b"keep-alive", body))


def client(number):
    return f"127.0.{number // 200}.{number % 200 + 1}", 1024 + number


def small(exchanges=4000, connections=40):
    """Keep-alive exchanges, the connections in turn."""
    capture, files = Capture(step=20_000), bodies()
    open_ones = [Connection(capture, client=client(i), mss=65483) for i in range(connections)]
    for connection in open_ones:
        connection.open()
    for number in range(exchanges):
        exchange(open_ones[number % connections], number, files)
    for connection in open_ones:
        connection.close(first=1)
    return capture


def churn(exchanges=4000):
    """Each exchange on a connection of its own."""
    capture, files = Capture(step=20_000), bodies()
    for number in range(exchanges):
        connection = Connection(capture, client=client(number), isn=(number * 7919, number * 104729), mss=65483)
        connection.open()
        exchange(connection, number, files, close=b"Connection: close\r\n")
        connection.close(first=1)
    return capture


WORKLOADS = {"small": (small, ()), "churn": (churn, ()), "small-everything": (small, ("everything",)),
             "churn-everything": (churn, ("everything",))}


def count(program, capture, options):
    done = run(shutil.which("valgrind"), "--tool=callgrind", f"--callgrind-out-file={capture}.callgrind", "--collect-atstart=no",
               "--toggle-collect=weir_workload", program, capture, *options, timeout=100,
               env={**os.environ, "GLIBC_TUNABLES": PLAIN})
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or collected is None:
        raise SystemExit(f"{capture}: nothing was counted: {done.stdout} {done.stderr}")
    return int(collected[1])


def read_figures():
    """{workload: (instructions, reason)}"""
    lines = [line.split(None, 2) for line in FIGURES.read_text().splitlines() if line and not line.startswith("#")]
    return {fields[0]: (int(fields[1].replace(",", "")), fields[2] if len(fields) > 2 else "") for fields in lines}


def main():
    if shutil.which("valgrind") is None:
        skip("valgrind is not installed (scripts/install-deps test)")
    findings, figures = Findings(), read_figures()
    findings.check(set(figures) == set(WORKLOADS), f"figures.txt has {sorted(figures)}, the workloads are {sorted(WORKLOADS)}")
    with tempfile.TemporaryDirectory() as folder:
        for name, (make, options) in WORKLOADS.items():
            capture = Path(folder) / f"{make.__name__}.pcap"
            if not capture.exists():
                make().write_pcap(capture)
                capture.chmod(0o644)
                seen = [e for e in events(run(WEIR, "--json", "-r", capture).stdout) if e["event"] == "http.exchange"]
                findings.check(len(seen) == 4000 and all(e["response"]["complete"] for e in seen), f"{name}: {len(seen)} exchanges")
            counted, (figure, reason) = count(sys.argv[1], capture, options), figures.get(name, (0, ""))
            print(f"{name}: {counted:,} instructions, {100 * counted / max(figure, 1) - 100:+.2f} %")
            findings.check(counted <= figure * GROWTH, f"{name}: {counted:,} instructions, {figure:,} stand in figures.txt; "
                           "make it cheaper, or raise the figure with the reason beside it")
            findings.check(reason, f"{name}: figures.txt gives no reason")
            if counted < figure / GROWTH:
                print(f"{name}: the figure can be lowered")
    findings.finish(f"{len(WORKLOADS)} workloads")


main()
