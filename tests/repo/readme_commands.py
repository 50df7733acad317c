"""The jq one-liners of README.md are run, word for word, on a capture made here; so is what they print. A one-liner
that is added to the README must be added here."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from pcapmake import Capture, Connection, http_exchange
from weirtest import SOURCE, WEIR, Findings, skip

# By a piece of the command that no other has: what it prints for `make_capture`.
EXPECTED = {
    "@tsv": "200\tGET\thttp://shop.example/\n201\tPOST\thttp://shop.example/items\n"
            "404\tGET\thttp://shop.example/missing\n200\tGET\thttp://slow.example/report\n",
    "status >= 400": "404 http://shop.example/missing\n",
    "sort_by": "0.25 http://slow.example/report\n",
    "fromjson": '{"name":"sluice","price":12.5}\n',
    "group_by": "3\tshop.example\n1\tslow.example\n",
}


def make_capture(path):
    capture = Capture()
    http_exchange(capture, b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n",
                  b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello")
    keep = Connection(capture, client=("10.0.0.1", 40001))
    keep.open()
    item = b'{"name":"sluice","price":12.5}'
    keep.request(b"POST /items HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n"
                 b"Content-Length: %d\r\n\r\n%s" % (len(item), item))
    keep.response(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    keep.request(b"GET /missing HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    keep.response(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")
    keep.close()
    slow = Connection(capture, client=("2001:db8::1", 40002), server=("2001:db8::2", 8080))
    slow.open()
    slow.request(b"GET /report HTTP/1.1\r\nHost: slow.example\r\n\r\n", ack=False)
    capture.wait(249_000_000)
    slow.response(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n")
    slow.close()
    capture.write_pcap(path)


def one_liners(text):
    """The lines of the README's shell blocks that pipe weir into jq."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith("weir") and "| jq" in line]


def main():
    if shutil.which("jq") is None:
        skip("jq is not installed (scripts/install-deps test)")
    findings = Findings()
    commands = one_liners((SOURCE / "README.md").read_text())
    findings.check(len(commands) >= 5, f"only {len(commands)} jq one-liners in README.md")
    with tempfile.TemporaryDirectory() as folder:
        make_capture(Path(folder) / "capture.pcap")
        path = f"{Path(WEIR).parent}:{os.environ['PATH']}"
        for command in commands:
            expected = [printed for piece, printed in EXPECTED.items() if piece in command]
            if len(expected) != 1:
                findings.add(f"no expectation, or several, for: {command}")
                continue
            done = subprocess.run(["sh", "-c", command], cwd=folder, env={**os.environ, "PATH": path},
                                  capture_output=True, text=True, check=False, timeout=30)
            findings.check(done.returncode == 0 and done.stdout == expected[0],
                           f"{command}\n  wanted {expected[0]!r}\n  got    {done.stdout!r} {done.stderr}")
    findings.finish(f"{len(commands)} one-liners")


main()
