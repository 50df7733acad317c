"""What a person at a terminal must see, end to end: refused, unanswered and reset connections, those of an unknown
protocol, interrupted, lost and unanswered exchanges, damaged codings, requests cut by the snaplen. Each is a line that
says so; a connection whose exchanges tell all has none of its own."""

import gzip
import tempfile
from pathlib import Path

from pcapmake import ACK, RST, SYN, Capture, Connection, http_exchange
from weirtest import WEIR, Findings, run

SECOND = 10**9
GET = b"GET /a?b=c HTTP/1.1\r\nHost: example.com\r\n\r\n"
URL = "GET http://example.com/a?b=c"


def head(length, more=b""):
    return b"HTTP/1.1 200 OK\r\n" + more + b"Content-Length: %d\r\n\r\n" % length


def connection(capture, port=80):
    c = Connection(capture, server=("10.0.0.2", port))
    c.open()
    return c


def well(capture):
    http_exchange(capture, GET, head(2) + b"hi")


def refused(capture):
    c = Connection(capture)
    c.emit(0, SYN)
    c.next[0] += 1
    c.emit(1, RST | ACK)


def unanswered(capture):
    c = Connection(capture)
    for _ in range(3):
        c.emit(0, SYN)
        capture.wait(SECOND)


def reset(capture):
    c = connection(capture)
    c.request(GET)
    capture.wait(5 * SECOND)
    c.reset()


def unknown(capture):
    c = connection(capture, port=443)
    c.request(b"\x16\x03\x01" + b"x" * 300)
    c.response(b"\x16\x03\x03" + b"y" * 4000)
    c.close()


def silent(capture):
    connection(capture).close()


def cut(capture):
    c = connection(capture)
    c.request(GET)
    c.response(head(60000) + b"x" * 3000)
    c.close(1)


def lost(capture):
    http_exchange(capture, GET, head(1000) + b"x" * 1000, lose={1})


def hole(capture):
    http_exchange(capture, GET, head(5000) + b"x" * 5000, lose={2})


def damaged(capture):
    body = bytearray(gzip.compress(bytes(range(256)) * 20))
    body[60] ^= 0xFF
    http_exchange(capture, GET, head(len(body), b"Content-Encoding: gzip\r\n") + bytes(body))


def long_head(capture):
    http_exchange(capture, GET[:-2] + b"Cookie: " + b"c" * 300 + b"\r\n\r\n", head(1000) + b"x" * 1000)


# capture, snaplen, options, what the lines must hold in order, lines besides the first and the last where it matters
CASES = (
    (well, 262144, (), ("> 10.0.0.2:80 " + URL, "< 10.0.0.2:80 200 OK  2 B  "), 2),
    (well, 262144, ("--events", "tcp.close"), ("> 10.0.0.2:80 closed after 9.0 ms: 42 B up, 40 B down",), None),
    (refused, 262144, (), ("> 10.0.0.2:80 refused",), 1),
    (unanswered, 262144, (), ("> 10.0.0.2:80 no answer, asked 3 times",), 1),
    (reset, 262144, (), (f"< 10.0.0.2:80 {URL}  no response after 5.0 s: reset",
                         "> 10.0.0.2:80 reset by server after 5.0 s: 42 B up, 0 B down"), 3),
    (unknown, 262144, (), ("> 10.0.0.2:443 closed after 11.0 ms: 303 B up, 4.0 kB down, unknown protocol",), 1),
    (silent, 262144, (), ("> 10.0.0.2:80 closed after 5.0 ms: nothing said",), 1),
    (cut, 262144, (), ("200 OK  3.0 kB  4.0 ms  cut off at 3.0 kB of 60 kB: closed",), None),
    (lost, 262144, (), (f"{URL}  response lost  1.0 kB missing, lost before the capture",), 2),
    (hole, 262144, (), ("200 OK  3.5 kB  4.0 ms  1.4 kB missing, lost before the capture",), 2),
    (damaged, 262144, ("--bodies",), ("http.content_coding_invalid",
                                      "\n(what follows is damaged and could not be decoded)\n"), None),
    (long_head, 128, (), (URL + "  200 OK  ", "of the request missing, cut by the snaplen"), 1),
)


def main():
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture.pcap"
        for make, snaplen, options, wanted, count in CASES:
            capture = Capture()
            make(capture)
            capture.write_pcap(path, snaplen=snaplen)
            done = run(WEIR, "--text", *options, "-r", path)
            findings.check(done.returncode == 0, f"{make.__name__}: status {done.returncode}: {done.stderr}")
            at = 0
            for part in wanted:
                at = done.stdout.find(part, at)
                if at < 0:
                    findings.add(f"{make.__name__} {options}: no {part!r} in its place in\n{done.stdout}")
                    break
                at += len(part)
            lines = done.stdout.splitlines()
            findings.check(count is None or len(lines) == count + 2, f"{make.__name__}: not {count} lines:\n{done.stdout}")
    findings.finish(f"{len(CASES)} captures")


main()
