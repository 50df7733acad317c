"""Every line weir writes of the captures made here, all events and options on, is valid under `weir --schema`, has no
key twice and begins as the design says: ts, event, then the connection."""

import json
import tempfile
from pathlib import Path

import jsonschema
from pcapmake import ETHERNET, LINUX_SLL, NULL, RAW, Capture, Connection, http_exchange
from weirtest import WEIR, Findings, events, run

GET = b"GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nCookie: a=1\r\nCookie: b=2\r\nX-Bytes: \xff\xfe\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 6000\r\nSet-Cookie: x\r\n\r\n" + b"\x80" * 6000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n"
AMBIGUOUS = (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
             b"3\r\nabc\r\n0\r\n\r\n")


def captures():
    """(name, capture): the kinds of trouble that fill every field."""
    for link_type in (ETHERNET, RAW, LINUX_SLL, NULL):
        plain = Capture(link_type)
        http_exchange(plain, GET, LONG, client=("2001:db8::1", 50000), server=("2001:db8::2", 80))
        yield f"link-{link_type}", plain
    for trouble in ({"lose": {2}}, {"swap": {1}}, {"repeat": {1}}):
        capture = Capture()
        http_exchange(capture, GET, LONG, **trouble)
        yield f"trouble-{trouble}", capture
    ends = Capture()
    reset = Connection(ends)
    reset.open()
    reset.request(GET)
    reset.reset()
    midstream = Connection(ends, client=("10.0.0.3", 1234))
    midstream.request(AMBIGUOUS)
    midstream.response(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + CHUNKED)
    http_exchange(ends, GET, CHUNKED, vlan=7, client=("10.0.0.4", 4444))
    ends.add(b"\x02" * 12 + b"\x08\x00" + b"\x41" * 6)
    yield "ends", ends


def main():
    findings = Findings()
    schema = json.loads(run(WEIR, "--schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    seen = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, capture in captures():
            path = Path(folder) / "capture.pcapng"
            capture.write_pcapng(path)
            for options in ((), ("--events", "*", "--bodies", "--raw-headers"), ("--events", "*", "--bodies=10")):
                done = run(WEIR, "--json", *options, "-r", path)
                findings.check(done.returncode == 0, f"{name} {options}: status {done.returncode}: {done.stderr}")
                lines = events(done.stdout)
                findings.check(bool(lines) and lines[0].get("event") == "capture.start"
                               and lines[-1].get("event") == "capture.end", f"{name} {options}: not start to end")
                for line in lines:
                    seen[line.get("event")] = seen.get(line.get("event"), 0) + 1
                    findings.check([key for key in line if key in ("ts", "event")] == list(line)[:2],
                                   f"{name}: ts and event are not first: {line}")
                    for error in validator.iter_errors(line):
                        findings.add(f"{name} {options}: {error.message} in {line}")
    for needed in ("capture.start", "capture.end", "tcp.open", "tcp.close", "http.request", "http.response",
                   "http.exchange", "anomaly"):
        findings.check(needed in seen, f"no {needed} was ever written, so none was checked")
    findings.finish(f"{sum(seen.values())} lines valid: {seen}")


main()
