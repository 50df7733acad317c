"""Bodies that become far larger when they are decoded end at a limit, say so, and take no memory: whatever is asked of them."""

import os
import gzip
import tempfile
import zlib
from pathlib import Path

from pcapmake import Capture, http_exchange
from weirtest import WEIR, Findings, events, skip

MIB = 1024 * 1024


def gzip_of(chunk, count):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(chunk) for _ in range(count)) + packer.flush()


def peak(path, *options):
    """What weir writes, and the most memory that it took, in MiB."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(write, 1)
        os.execv(WEIR, [WEIR, "--json", "--allow-root", "-o", "-", "-r", str(path), *options])
    os.close(write)
    with os.fdopen(read) as out:
        text = out.read()
    _, status, used = os.wait4(pid, 0)
    return status, events(text), used.ru_maxrss / 1024


def main():
    if os.environ.get("WEIR_SANITIZE"):
        skip("a sanitizer build holds back memory that was freed")
    findings = Findings()
    zeros = bytes(MIB)
    bombs = {b"gzip": gzip_of(zeros, 300), b"gzip, gzip": gzip.compress(gzip_of(zeros, 1024)),
             b"deflate": zlib.compress(zeros * 300, 9)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for coding, bomb in bombs.items():
            capture = Capture()
            http_exchange(capture, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                          b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(bomb)) + bomb, mss=60_000)
            path = folder / "bomb.pcap"
            capture.write_pcap(path)
            # a body is held as far as it may be saved, whatever it would become
            for options, most in ((("--bodies=1k", "--body-hash"), 40),
                                  (("--bodies=1k", "--save", f"{folder}/{coding.decode()}", "--save-bodies", "--har", f"{folder}/har"), 80)):
                status, told, memory = peak(path, *options)
                exchanges = [e for e in told if e["event"] == "http.exchange"]
                findings.check(status == 0 and len(exchanges) == 1, f"{coding} {options}: status {status}, {len(exchanges)} exchanges")
                for e in exchanges:
                    body = e["response"]["body"]
                    findings.check(e.get("anomalies") == ["http.decoded_limit"] and body.get("truncated") is True
                                   and "sha256" not in body, f"{coding} {options}: {str(e)[:300]}")
                    findings.check(body.get("not_saved") == ("incomplete" if "--save" in options else None), f"{coding}: {body}")
                findings.check(memory < most, f"{coding} {options}: {memory:.0f} MiB")
    findings.finish(f"{len(bombs)} bombs")


main()
