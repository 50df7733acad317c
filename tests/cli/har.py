"""weir --har FILE: exchanges as HAR 1.2, valid by har-schema whatever was captured; one entry a line; the file is whole at any
time but in the middle of a write; bad usage is one line. What is not seen, not whole or no text is told, never made up."""

import base64
import gzip
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from pcapmake import Capture, Connection
from weirtest import SOURCE, WEIR, Findings, run, said, skip

BINARY = bytes(range(256))
HEAD = b"HTTP/1.1 200 OK\r\n"


def got(body, *fields, status=b"200 OK"):
    return b"\r\n".join([b"HTTP/1.1 " + status, *fields, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


def asked(target=b"/", method=b"GET", body=b"", *fields):
    length = [b"Content-Length: %d" % len(body)] if body else []
    return b"\r\n".join([b"%s %s HTTP/1.1" % (method, target), b"Host: example.com", *fields, *length]) + b"\r\n\r\n" + body


def connection(*exchanges, ends=True, **how):
    capture = Capture()
    c = Connection(capture, **how)
    c.open()
    for request, response in exchanges:
        if request:
            c.request(request)
        if response:
            c.response(response)
    if ends:
        c.close()
    return capture


MULTIPART = (b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xe4\r\n"
             b"--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"p.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n")


def captures():
    """{name: capture}; each has one connection."""
    url_form = b"a=1&b=%C3%A4+x"
    return {
        "plain": connection((asked(b"/a?b=c+d&e=%41"), got(b"hello", b"Content-Type: text/plain", b"X: y")),
                            (asked(b"/second"), got(b"", status=b"204 No Content"))),
        "binary": connection((asked(), got(BINARY, b"Content-Type: image/png"))),
        "gzip": connection((asked(), got(gzip.compress(b"text " * 100), b"Content-Encoding: gzip"))),
        "chunked": connection((asked(), HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 6\r\n\r\n")),
        "redirect": connection((asked(), got(b"", b"Location: /there?x=1", status=b"302 Found"))),
        "cookies": connection((asked(b"/", b"GET", b"", b"Cookie: a=1; b=2", b"Cookie: c"),
                               got(b"", b"Set-Cookie: s=1; Path=/; HttpOnly; Expires=Wed, 21 Oct 2015 07:28:00 GMT", b"Set-Cookie: t=2; Secure"))),
        "not utf-8": connection((asked(b"/\xe4?\xff=\xfe", b"GET", b"", b"X: \xe4"), got(b"", b"X-\xff: \xe4", status=b"200 Gr\xfc\xdf"))),
        "url form": connection((asked(b"/", b"POST", url_form, b"Content-Type: application/x-www-form-urlencoded"), got(b""))),
        "multipart": connection((asked(b"/", b"POST", MULTIPART, b"Content-Type: multipart/form-data; boundary=x"), got(b""))),
        "binary upload": connection((asked(b"/", b"PUT", BINARY), got(b""))),
        "no response": connection((asked(), None), ends=False),
        "no request": connection((None, got(b"unasked")), ends=False),
        "hole": connection((asked(), got(b"x" * 6000)), lose={2}),
        "lost response": connection((asked(b"/1") + asked(b"/2"), got(b"", b"X: " + b"y" * 1000) + got(b"z" * 3000)), lose={1}),
        "odd targets": connection((b"OPTIONS * HTTP/1.1\r\nHost: a b\r\n\r\n", got(b"")), (b"GET /a|b\"<>[]{}%zz# HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", got(b"")),
                                  (b"GET / HTTP/1.1\r\n\r\n", got(b"")), client=("2001:db8::1", 5), server=("2001:db8::2", 80)),
        "connect": connection((b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", HEAD + b"\r\n")),
        "interim": connection((asked(), b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + got(b"x"))),
        "websocket": connection((asked(b"/ws", b"GET", b"", b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13",
                                       b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
                                 b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                 b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
                                (b"\x81\x82\0\0\0\0hi", b"\x82\x02\xff\x00\x81\x03abc"), (b"\x88\x82\0\0\0\0\x03\xe8", b"\x88\x02\x03\xe8")),
        "http/0.9": connection((b"GET /old\r\n\r\n", b"<html>")),
        "nothing": Capture(),
        "cut text": connection((asked(), got("\u00e4".encode() * 40, b"Content-Type: text/plain; charset=utf-8"))),
    }


def har_of(path, folder, *options):
    out = folder / "out.har"
    done = run(WEIR, "--allow-root", "-r", path, "--har", out, *options)
    return done, out


def check_contents(findings, entries):
    """What a person looks for, capture by capture."""
    check = findings.check

    def first(name):
        return entries[name][0]
    plain = first("plain")
    check(plain["request"]["url"] == "http://example.com/a?b=c+d&e=%41" and plain["request"]["queryString"] ==
          [{"name": "b", "value": "c d"}, {"name": "e", "value": "A"}], f"query: {plain['request']}")
    check(plain["response"]["content"] == {"size": 5, "mimeType": "text/plain", "text": "hello"}, f"content: {plain['response']}")
    check(plain["response"]["headersSize"] == len(got(b"hello", b"Content-Type: text/plain", b"X: y")) - 5, "headersSize")
    check(plain["response"]["bodySize"] == 5 and plain["request"]["bodySize"] == 0 and "postData" not in plain["request"], "bodySize")
    # a packet each millisecond: the request is the fourth, and the entry begins with the handshake of 2 ms
    check(plain["startedDateTime"] == "2026-01-02T03:04:05.001000000Z" and plain["timings"] == {
        "blocked": -1, "dns": -1, "connect": 2.0, "ssl": -1, "send": 0.0, "wait": 2.0, "receive": 0.0} and plain["time"] == 4.0,
          f"timings: {plain['startedDateTime']} {plain['timings']} {plain['time']}")
    check(entries["plain"][1]["timings"]["connect"] == -1, "a later exchange made no connection")
    check(plain["serverIPAddress"] == "10.0.0.2" and plain["connection"] == "1" and plain["_weir"] == {
        "conn": 1, "exchange": 1, "request": "complete", "response": "complete"}, f"_weir: {plain['_weir']}")
    binary = first("binary")["response"]["content"]
    check(base64.b64decode(binary["text"]) == BINARY and binary["encoding"] == "base64", "binary content")
    packed = first("gzip")["response"]
    check(packed["content"]["text"] == "text " * 100 and packed["content"]["size"] == 500
          and packed["content"]["compression"] == 500 - packed["bodySize"], f"gzip: {packed}")
    chunked = first("chunked")
    check(chunked["response"]["content"]["text"] == "hello!" and chunked["_weir"]["response_trailers"] == {"x-sum": "6"}, "chunked")
    check(first("redirect")["response"]["redirectURL"] == "/there?x=1", "redirect")
    cookies = first("cookies")
    check([c["name"] + "=" + c["value"] for c in cookies["request"]["cookies"]] == ["a=1", "b=2", "c="], "cookies sent")
    check(cookies["response"]["cookies"] == [
        {"name": "s", "value": "1", "path": "/", "expires": "2015-10-21T07:28:00.000000000Z", "httpOnly": True, "secure": False},
        {"name": "t", "value": "2", "httpOnly": False, "secure": True}], f"cookies set: {cookies['response']['cookies']}")
    odd = first("not utf-8")
    note = "not UTF-8: read as ISO-8859-1"
    check({"name": "X", "value": "\u00e4", "comment": note} in odd["request"]["headers"] and odd["response"]["statusText"] == "Gr\u00fc\u00df"
          and odd["request"]["url"] == "http://example.com/%E4?%FF=%FE", f"not UTF-8: {odd}")
    form = first("url form")["request"]["postData"]
    check(form == {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a", "value": "1"}, {"name": "b", "value": "\u00e4 x"}],
                   "text": "a=1&b=%C3%A4+x"}, f"form: {form}")
    parts = first("multipart")["request"]["postData"]
    check(parts["params"] == [{"name": "a", "value": "\u00e4", "comment": note}, {"name": "f", "fileName": "p.png", "contentType": "image/png"}]
          and base64.b64decode(parts["_base64"]) == MULTIPART and "text" not in parts, f"multipart: {parts}")
    check(base64.b64decode(first("binary upload")["request"]["postData"]["_base64"]) == BINARY, "binary upload")
    silent = first("no response")
    check(silent["response"]["status"] == 0 and silent["response"]["_error"] == "end_of_capture" and silent["response"]["bodySize"] == -1
          and silent["_weir"]["response"] == "not_seen" and silent["_weir"]["ended"] == "end_of_capture", f"no response: {silent}")
    unasked = first("no request")
    check(unasked["request"]["url"] == "http://10.0.0.2:80/" and unasked["_weir"]["request"] == "not_seen"
          and unasked["request"]["headersSize"] == -1, f"no request: {unasked}")
    hole = first("hole")
    check(hole["_weir"]["missing"] == {"response": 1460, "cause": "upstream"} and hole["_weir"]["response"] == "incomplete"
          and hole["response"]["content"]["comment"] == "not whole: bytes are missing"
          and len(hole["response"]["content"]["text"]) < 1460, f"hole: {hole['_weir']}")
    check([e["_weir"]["response"] for e in entries["lost response"]].count("complete") == 0 and len(entries["lost response"]) == 2,
          f"lost response: {[e['_weir'] for e in entries['lost response']]}")
    targets = [e["request"]["url"] for e in entries["odd targets"]]
    check(targets == ["http://a%20b", "http://[::1]:80/a%7Cb%22%3C%3E%5B%5D%7B%7D%25zz%23", "http://[2001:db8::2]:80/"], f"targets: {targets}")
    check(first("connect")["request"]["url"] == "http://example.com:443", f"CONNECT: {first('connect')['request']['url']}")
    check(first("interim")["_weir"]["informational"] == [{"status": 103, "headers": {"link": "</x>"}}], "interim")
    sockets = first("websocket")
    check([(m["type"], m["opcode"], m["data"]) for m in sockets["_webSocketMessages"]] ==
          [("send", 1, "hi"), ("receive", 2, "/wA="), ("receive", 1, "abc")] and sockets["_webSocketClose"] == {"side": "client", "code": 1000}
          and sockets["response"]["status"] == 101, f"WebSocket: {sockets}")
    check(all(1_767_323_045 < m["time"] < 1_767_323_046 for m in sockets["_webSocketMessages"]), "times of WebSocket messages")
    old = first("http/0.9")
    check(old["request"]["httpVersion"] == "HTTP/0.9" and old["_weir"]["anomalies"] == ["http.version_unknown"], f"HTTP/0.9: {old}")
    check(entries["nothing"] == [], "entries of nothing")


def check_captures(findings, folder):
    files, entries = [], {}
    for number, (name, capture) in enumerate(captures().items()):
        capture.write_pcap(folder / "in.pcap")
        options = ("--bodies=31",) if name == "cut text" else ()
        done, out = har_of(folder / "in.pcap", folder, *options)
        findings.check(done.returncode == 0 and not done.stdout and said(done.stderr) == "", f"{name}: {done.returncode} {done.stderr!r}")
        kept = folder / f"{number}.har"
        out.rename(kept)
        files.append(kept)
        text = kept.read_text()
        har = json.loads(text)["log"]
        entries[name] = har["entries"]
        findings.check(har["version"] == "1.2" and har["creator"]["name"] == "weir", f"{name}: {har['creator']}")
        lines = text.splitlines()
        findings.check(len(lines) == len(har["entries"]) + 2 and all(json.loads(line.rstrip(",")) for line in lines[1:-1]),
                       f"{name}: {len(lines)} lines for {len(har['entries'])} entries")
        findings.check(kept.stat().st_mode & 0o777 == 0o600, f"{name}: mode {kept.stat().st_mode:o}")
    check_contents(findings, entries)
    cut = entries["cut text"][0]["response"]["content"]
    findings.check(cut["text"] == "\u00e4" * 15 and cut["comment"] == "cut at the limit" and cut["size"] == 80, f"cut text: {cut}")
    environment = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}
    judged = run("node", SOURCE / "tests/cli/har_validate.js", *files, env=environment)
    verdicts = [json.loads(line) for line in judged.stdout.splitlines()]
    findings.check(judged.returncode == 0 and len(verdicts) == len(files), f"the validator: {judged.stderr}")
    for v in verdicts:
        findings.check(v["valid"] and v["dates"], f"{list(entries)[int(Path(v['name']).stem)]}: {v['errors']}")
    (folder / "wrong.har").write_text(files[0].read_text().replace('"startedDateTime"', '"started"'))
    judged = run("node", SOURCE / "tests/cli/har_validate.js", folder / "wrong.har", env=environment)
    findings.check(not json.loads(judged.stdout)["valid"], "the validator finds nothing wrong in what is wrong")


def check_beside_others(findings, folder):
    path = folder / "in.pcap"
    connection((asked(), got(b"hello"))).write_pcap(path)
    alone = run(WEIR, "--allow-root", "-r", path)
    (folder / "out.har").write_text("x" * 100_000)
    done, out = har_of(path, folder, "-o", "-", "-o", folder / "text:style=text")
    findings.check(done.returncode == 0 and done.stdout == alone.stdout, "an output beside --har is not what it is alone")
    findings.check(len(json.loads(out.read_text())["log"]["entries"]) == 1, "what the file held before is still there")
    with_bodies, _ = har_of(path, folder, "-o", "-", "--bodies")
    findings.check('"data":"hello"' in with_bodies.stdout, "--bodies says nothing beside --har")


def check_misuse(findings, folder):
    path = folder / "in.pcap"
    connection((asked(), got(b"hello"))).write_pcap(path)
    os.mkfifo(folder / "fifo")
    (folder / "kept").write_text("precious")
    for what, options, status, word in (
            ("no file", ("--har",), 2, "--har"), ("an empty name", ("--har", ""), 2, "takes the name of a file"),
            ("standard output", ("--har", "-"), 2, "takes a file"), ("twice", ("--har", folder / "1", "--har", folder / "2"), 2, "--har"),
            ("a folder", ("--har", folder), 1, "Is a directory"), ("a FIFO", ("--har", folder / "fifo"), 1, "regular file"),
            ("a device", ("--har", "/dev/null"), 1, "regular file"), ("no folder", ("--har", folder / "no/such"), 1, "No such file"),
            ("the input", ("--har", path), 1, "it is the input"),
            ("an output", ("-o", folder / "kept", "--har", folder / "kept"), 1, "it is another output, too"),
            ("lines that nobody gets", ("--har", folder / "1", "--events", "http.*"), 2, "-o -"),
            ("text that nobody gets", ("--har", folder / "1", "--text"), 2, "-o -"),
            ("--append alone", ("--har", folder / "1", "--append"), 2, "-o FILE")):
        before = path.read_bytes()
        done = run(WEIR, "--allow-root", "-r", path, *options)
        findings.check(done.returncode == status and word in done.stderr and done.stderr.count("\n") == 1 and not done.stdout,
                       f"{what}: status {done.returncode}, {done.stderr!r}")
        findings.check(path.read_bytes() == before and (folder / "kept").read_text() == "precious", f"{what}: a file was emptied")


def check_kill(findings, folder):
    """While weir runs the file is whole; a kill at any time leaves whole entries, and at most the last one torn."""
    whole = Capture()
    c = Connection(whole)
    c.open()
    for i in range(300):
        c.request(asked(b"/%d" % i))
        c.response(got(b"x" * 2000))
    data = whole.pcap()
    for round_ in range(3):
        out = folder / f"killed-{round_}.har"
        weir = subprocess.Popen([WEIR, "--allow-root", "-r", "-", "--har", out], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        seen = 0
        for at in range(0, len(data), len(data) // 20):
            weir.stdin.write(data[at:at + len(data) // 20])
            weir.stdin.flush()
            time.sleep(0.02)
            text = out.read_text() if out.exists() else ""
            try:
                seen = max(seen, len(json.loads(text)["log"]["entries"]))
            except ValueError:  # in the middle of a write, or before the first
                pass
            if round_ > 0 and at > len(data) // 4 * round_:
                break
        findings.check(seen > 10, f"round {round_}: {seen} entries were there while it ran")
        weir.send_signal(signal.SIGKILL)
        weir.wait()
        weir.stdin.close()
        lines = out.read_text().splitlines()[1:]
        entries = 0
        for number, line in enumerate(lines):
            try:
                entries += json.loads(line.rstrip(","))["request"]["method"] == "GET"
            except ValueError:
                findings.check(number >= len(lines) - 2, f"round {round_}: line {number} of {len(lines)} is torn")
        findings.check(entries >= seen, f"round {round_}: {entries} entries, {seen} were there before")


def check_full_disk(findings, folder):
    import resource
    path = folder / "in.pcap"
    connection((asked(), got(b"first")), (asked(), got(b"x" * 50_000))).write_pcap(path)

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    done = run(WEIR, "--allow-root", "-r", path, "--har", folder / "full.har", preexec_fn=small)
    findings.check(done.returncode == 1 and "cannot write to" in done.stderr and said(done.stderr).count("\n") == 1,
                   f"no room: {done.returncode} {done.stderr!r}")
    text = (folder / "full.har").read_text()
    findings.check(json.loads(text)["log"]["entries"] == [], f"no room: {text[:100]!r}")


def main():
    if not Path("/usr/share/nodejs/har-schema").exists():
        skip("har-schema is missing (Debian: node-har-schema, node-ajv)")
    findings = Findings()
    with tempfile.TemporaryDirectory() as name:
        for check in (check_captures, check_beside_others, check_misuse, check_kill, check_full_disk):
            check(findings, Path(name))
    findings.finish("HAR")


main()
