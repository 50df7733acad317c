"""The one-liners of README.md, weir(1) and weir-capture(8) that read a capture are run, word for word, on a capture made
here, which has what traffic has: requests without an answer, resets, uploads of JSON, of bytes and in parts, an answer
whose request came before the capture. So is what they print. A one-liner that is added must be added here; one that
captures live is only named here, with where it is tried."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from pcapmake import Capture, Connection, http_exchange
from weirtest import SOURCE, WEIR, Findings, said, skip

# By a piece of the command that no other has: what it prints for `make_capture`.
EXPECTED = {
    "@tsv": "200\tGET\thttp://shop.example/\n201\tPOST\thttp://shop.example/items\n"
            "404\tGET\thttp://shop.example/missing\n"
            "204\tPUT\thttp://files.example/photo\n303\tPOST\thttp://files.example/form\n"
            "200\tGET\thttp://slow.example/report\n200\tGET\thttp://files.example/torn\n"
            "\tGET\thttp://shop.example/forever\n200\t\t\n\tPOST\thttp://shop.example/refused\n",
    "status >= 400": "404 http://shop.example/missing\n",
    "max_by": "0.25 http://slow.example/report\n",
    "--har day.har": "",
    "fromjson": '{"name":"sluice","price":12.5}\n',
    "group_by": "3\tfiles.example\n5\tshop.example\n1\tslow.example\n",
    "sort_by(.timing.wait)": "".join(f'[0.002,"http://{url}"]\n' for url in (
        "shop.example/", "shop.example/items", "shop.example/missing", "files.example/photo", "files.example/form",
        "files.example/torn")) + '[0.25,"http://slow.example/report"]\n',
}
LIVE = {  # piece of the command: where it is tried
    "weir -i lo 'tcp port 8080'": "tests/live/unprivileged.py",
    "weir -i lo -o - -o all.jsonl": "tests/cli/several_outputs.py",
    "weir --connect": "tests/systemd/dissector_boot.py",
    "weir-capture -i lo": "tests/live/three_roads.py",
    "weir-capture -i eth0": "tests/capture-helper/stream.py",
}


def make_capture(path):
    capture = Capture()
    unanswered = Connection(capture, client=("10.0.0.9", 40009))
    unanswered.open()
    unanswered.request(b"GET /forever HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    late = Connection(capture, client=("10.0.0.8", 40008))
    late.response(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    http_exchange(capture, b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n",
                  b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello")
    keep = Connection(capture, client=("10.0.0.1", 40001))
    keep.open()
    for target, kind, body, answer in (
            ("shop.example/items", "application/json", b'{"name":"sluice","price":12.5}', b"201 Created"),
            ("shop.example/missing", "", b"", b"404 Not Found"),
            ("files.example/photo", "image/jpeg", b"\xff\xd8\xff\xe0" + bytes(range(256)), b"204 No Content"),
            ("files.example/form", "multipart/form-data; boundary=b",
             b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n', b"303 See Other")):
        host, name = target.split("/")
        method = "GET" if not body else "PUT" if kind == "image/jpeg" else "POST"
        length = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n" if body else ""
        keep.request(f"{method} /{name} HTTP/1.1\r\nHost: {host}\r\n{length}\r\n".encode() + body)
        keep.response(b"HTTP/1.1 %s\r\n%s\r\n" % (answer, b"" if answer.startswith(b"204") else b"Content-Length: 0\r\n"))
    keep.close()
    slow = Connection(capture, client=("2001:db8::1", 40002), server=("2001:db8::2", 8080))
    slow.open()
    slow.request(b"GET /report HTTP/1.1\r\nHost: slow.example\r\n\r\n", ack=False)
    capture.wait(249_000_000)
    slow.response(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n")
    slow.close()
    torn = Connection(capture, client=("10.0.0.5", 40005))
    torn.open()
    torn.request(b"GET /torn HTTP/1.1\r\nHost: files.example\r\n\r\n")
    torn.response(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"\x00" * 3000)
    torn.reset()
    refused = Connection(capture, client=("10.0.0.6", 40006))
    refused.open()
    refused.request(b"POST /refused HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n"
                    b"Content-Length: 9\r\n\r\n{\"cut\":")
    refused.reset()
    capture.write_pcap(path)


def one_liners():
    """(command, where it stands): lines of README's shell blocks that pipe weir into jq, and examples of the man pages."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (SOURCE / "README.md").read_text(), re.M | re.S)
    for block in blocks:
        yield from ((line, "README.md") for line in block.splitlines() if line.startswith("weir") and "|" in line)
    for page in ("weir.1", "weir-capture.8"):
        for line in re.findall(r"^\.Dl \$ (.*)$", (SOURCE / "docs" / "man" / page).read_text(), re.M):
            yield line, page


def main():
    if shutil.which("jq") is None:
        skip("jq is not installed (scripts/install-deps test)")
    findings, ran = Findings(), 0
    commands = list(one_liners())
    with tempfile.TemporaryDirectory() as folder:
        make_capture(Path(folder) / "capture.pcap")
        make_capture(Path(folder) / "day.pcapng")  # the formats are told apart by their content
        path = f"{Path(WEIR).parent}:{os.environ['PATH']}"
        for command, where in commands:
            if any(piece in command for piece in LIVE):
                continue
            expected = [printed for piece, printed in EXPECTED.items() if piece in command]
            if len(expected) != 1:
                findings.add(f"{where}: no expectation, or several, for: {command}")
                continue
            ran += 1
            done = subprocess.run(["sh", "-c", command], cwd=folder, env={**os.environ, "PATH": path},
                                  capture_output=True, text=True, check=False, timeout=30)
            # the table stands in the order of the ends, which is no matter of this test
            same = sorted if "@tsv" in command else str
            findings.check(done.returncode == 0 and same(done.stdout) == same(expected[0]) and not said(done.stderr),
                           f"{where}: {command}\n  wanted {expected[0]!r}\n  got    {done.stdout!r} {done.stderr}")
    findings.check(ran == len(EXPECTED), f"only {ran} one-liners of {len(EXPECTED)} were run")
    for piece in LIVE:
        findings.check(any(piece in command for command, _ in commands), f"{piece} is not shown any longer: take it out of this test")
    findings.finish(f"{ran} one-liners run, {len(commands) - ran} live ones named")


main()
