"""Every line weir writes of the captures made here, all events and options on, is valid under `weir --schema`, has no
key twice and begins as the design says: ts, event, then the connection. Every event of the schema is among them: whoever
adds one adds a capture that makes weir write it."""

import ipaddress
import json
import os
import signal
import socket
import struct
import subprocess
import tempfile
import threading
from pathlib import Path

import jsonschema
from pcapmake import (ACK, ETHERNET, LINUX_SLL, NULL, PSH, RST, RAW, SYN, Capture, Connection, http_exchange, icmp_error, link_frame,
                      udp_packet)
from weirtest import WEIR, Findings, events, run, said

GET = b"GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nCookie: a=1\r\nCookie: b=2\r\nX-Bytes: \xff\xfe\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 6000\r\nSet-Cookie: x\r\n\r\n" + b"\x80" * 6000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n"
FORMS = ((b"application/x-www-form-urlencoded", b"a=1&b=%ff&" + b"c" * 5000 + b"=1"),
         (b"multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=f; filename=g\r\nContent-Type: image/png\r\n\r\n"
          b"123\r\n--x--\r\n"))
AMBIGUOUS = (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
             b"3\r\nabc\r\n0\r\n\r\n")


def dns_messages():
    """(query, response): with all that one can say, an unknown type, a malformed record, and nothing at all."""
    question = b"\7example\3com\0" + struct.pack(">HH", 1, 1)
    opt = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 12) + struct.pack(">HH", 10, 8) + b"\xff" * 8
    records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 300, len(data)) + data for kind, data in (
        (1, b"\x0a\0\0\1"), (65280, b"abc"), (1, b"short")))
    for additional in (b"", opt):
        counts = bool(additional)
        yield (struct.pack(">6H", 7, 0x0100, 1, 0, 0, counts) + question + additional,
               struct.pack(">6H", 7, 0x8180, 1, 3, 0, counts) + question + records + additional)
    yield struct.pack(">6H", 8, 0x0100, 1, 0, 0, 0) + question, None


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
    datagrams = Capture()
    here, there = ipaddress.ip_address("10.0.0.1"), ipaddress.ip_address("10.0.0.2")
    asked = udp_packet(here, there, 5000, 53, b"?")
    for packet in (asked, udp_packet(there, here, 53, 5000, b"!"), icmp_error(there, 3, 3, asked)):
        datagrams.add(link_frame(packet))
    yield "datagrams", datagrams
    names = Capture()
    resolver = ipaddress.ip_address("10.0.0.53")
    for number, (asked, answered) in enumerate(dns_messages()):
        names.add(link_frame(udp_packet(here, resolver, 5300 + number, 53, asked)))
        if answered:
            names.add(link_frame(udp_packet(resolver, here, 53, 5300 + number, answered)))
    yield "names", names
    forms = Capture()
    for number, (kind, body) in enumerate(FORMS):
        http_exchange(forms, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: " + kind + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
                      CHUNKED, client=("10.0.0.1", 43000 + number))
    yield "forms", forms
    redis = Capture()
    redis_conversation(redis)
    yield "redis", redis
    websocket = Capture()
    websocket_conversation(websocket)
    yield "websocket", websocket
    stream = Capture()
    http_exchange(stream, GET, b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                  b": comment\nid: 1\nevent: tick\nretry: 5\ndata: \xff\n\ndata: " + b"x" * 5000 + b"\n\ndata: not whole")
    yield "stream", stream
    trouble = Capture()
    tried = Connection(trouble)
    tried.emit(0, SYN)
    trouble.wait(10**9)
    tried.open()
    tried.request(GET, ack=False)
    tried.emit(1, ACK, window=0)
    tried.emit(1, ACK, window=1000)
    tried.emit(0, PSH | ACK, GET, seq=1001)
    tried.emit(0, PSH | ACK, GET.lower(), seq=1001)
    tried.reset()
    refused = Connection(trouble, client=("10.0.0.9", 999))
    refused.emit(0, SYN)
    refused.emit(1, RST | ACK)
    yield "trouble", trouble
    drops = Capture()
    http_exchange(drops, GET, LONG, lose={2})
    drops.count(received=20, dropped=1)
    yield "drops", drops


def redis_conversation(capture):
    """Every kind of reply, a subscriber, a lost command and a lost reply."""
    c = Connection(capture, server=("10.0.0.2", 6379), lose={12, 15})
    c.open()
    nested = b"*2\r\n%1\r\n+k\r\n~1\r\n:1\r\n*3\r\n,1.5\r\n#t\r\n_\r\n"
    for command, reply in (
            (b"*3\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n", b"-NOAUTH no\r\n"),
            (b"EVAL x\r\n", b"|1\r\n+ttl\r\n:1\r\n" + nested), (b"GET \xff\r\n", b"$2\r\n\xff\xfe\r\n"),
            (b"INFO\r\n", b"=7\r\ntxt:abc\r\n"), (b"BLPOP q 1\r\n", b"*-1\r\n"),
            (b"SUBSCRIBE a b\r\n", b">3\r\n+subscribe\r\n+a\r\n:1\r\n>3\r\n+subscribe\r\n+b\r\n:2\r\n"),
            (b"PING\r\n", b">3\r\n+message\r\n+a\r\n$2\r\n\xffx\r\n+PONG\r\n"),
            (b"GET lost\r\n", b"$4\r\nlost\r\n"), (b"GET b\r\n", b"(123\r\n"), (b"PSYNC ? -1\r\n",
            b"+FULLRESYNC 0 0\r\n$3\r\nRDB*1\r\n$4\r\nPING\r\n")):
        c.request(command)
        c.response(reply)
    c.close()


def websocket_conversation(capture):
    """A handshake with all that it can hold, every kind of message, a lost frame, a wrong one, and a close with its reply."""
    c = Connection(capture, server=("10.0.0.2", 8080), lose={6})
    c.open()
    c.request(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat\r\n\r\n")
    c.response(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
               b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n"
               b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n\r\n")
    key = b"\1\2\3\4"

    def masked(first, payload):
        return bytes([first, 0x80 | len(payload)]) + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))
    c.request(masked(0x89, b"\xff"))
    c.response(b"\x8a\1\xff" + b"\x01\2{}")
    c.response(b"\xc1\7\xf2H\xcd\xc9\xc9\7\0")
    c.request(masked(0xc2, b"\xff\xff"))
    c.request(masked(0x81, b"a message that is lost") + masked(0x81, b"with this one"))
    c.request(masked(0x81, b"the one behind it is found"))
    c.request(masked(0x88, b"\3\xe8bye"))
    c.response(b"\x88\5\3\xe8bye")
    c.close()


class Service:
    """A capture service (docs/capture-protocol.md) whose first stream breaks off and whose second one stays."""

    def __init__(self, folder, stream):
        self.path, self.stream, self.held = f"{folder}/socket", stream, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o666)  # weir leaves root before it asks
        self.listener.listen(2)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        for _ in range(2):
            client, _ = self.listener.accept()
            self.held.append(client)
            client.recv(4096)
            client.sendall(b"ok interface=test0 snaplen=262144 buffer=16384 promiscuous=no direction=inout filter=\n"
                           + self.stream)
            if len(self.held) == 1:
                client.close()


def outage(folder):
    """What weir writes while its capture service ends and comes back."""
    os.chmod(folder, 0o755)
    capture = Capture()
    http_exchange(capture, GET, CHUNKED)
    capture.count(received=10)
    service = Service(folder, capture.pcapng())
    weir = subprocess.Popen([WEIR, "--json", "--events", "*", "--connect", service.path, "--reconnect", "-i", "test0"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    limit = threading.Timer(30, weir.kill)
    limit.start()
    lines = []
    try:
        for line in weir.stdout:
            lines.append(line)
            if b'"capture.resumed"' in line:
                weir.send_signal(signal.SIGTERM)
                service.held[1].shutdown(socket.SHUT_WR)
    finally:
        limit.cancel()
        weir.kill()
        weir.wait()
        service.listener.close()
    return b"".join(lines).decode(), weir.stderr.read()


class Checker:
    """Validates lines and counts the events among them."""

    def __init__(self, findings):
        self.findings, self.seen = findings, {}
        self.schema = json.loads(run(WEIR, "--schema").stdout)
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.validator = jsonschema.Draft202012Validator(self.schema)

    def check(self, name, text):
        check, lines = self.findings.check, events(text)
        names = [line.get("event") for line in lines]
        check(names[:1] == ["capture.start"] and names[-1:] == ["capture.end"], f"{name}: not start to end: {names}")
        for line in lines:
            self.seen[line.get("event")] = self.seen.get(line.get("event"), 0) + 1
            check([key for key in line if key in ("ts", "event")] == list(line)[:2],
                  f"{name}: ts and event are not first: {line}")
            for error in self.validator.iter_errors(line):
                self.findings.add(f"{name}: {error.message} in {line}")

    def every_event_was_written(self):
        names = {part["$ref"].rpartition("/")[2] for part in self.schema["oneOf"]}
        self.findings.check(len(names) > 10, f"the schema names {names}: this test sees too little")
        for name in sorted(names - set(self.seen)):
            self.findings.add(f"no {name} was ever written, so none was checked: add a capture that has one")


def main():
    findings = Findings()
    checker = Checker(findings)
    with tempfile.TemporaryDirectory() as folder:
        for name, capture in captures():
            path = Path(folder) / "capture.pcapng"
            capture.write_pcapng(path)
            for options in ((), ("--events", "*", "--bodies", "--raw-headers", "--body-hash"), ("--events", "*", "--bodies=10")):
                done = run(WEIR, "--json", *options, "-r", path)
                findings.check(done.returncode == 0, f"{name} {options}: status {done.returncode}: {done.stderr}")
                checker.check(f"{name} {options}", done.stdout)
        text, complaints = outage(folder)
        findings.check("capture.resumed" in text, f"the service is not reached again: {said(complaints)}")
        checker.check("outage", text)
    checker.every_event_was_written()
    findings.finish(f"{sum(checker.seen.values())} lines valid: {checker.seen}")


main()
