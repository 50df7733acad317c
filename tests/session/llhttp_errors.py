"""What llhttp refuses, Weir reads and says why it is odd: each of its erring cases gives an anomaly that fits the reason. The
cases are others' and no part of the repository; where they are not at hand, this is skipped."""

import json
import tempfile
from pathlib import Path

from pcapmake import Capture, Connection
from weirtest import SOURCE, WEIR, Findings, events, run, skip

PAUSE = 22  # at CONNECT or Upgrade: no error

# llhttp's reason: one of these must be said.
FITTING = {
    "Missing expected LF after header value": {"http.bare_cr"},
    "Missing expected CR after header value": {"http.bare_lf"},
    "Missing expected CR after response line": {"http.bare_lf"},
    "Expected LF after CR": {"http.bare_cr"},
    "Content-Length overflow": {"http.content_length_invalid", "http.head_cut_short"},
    "Duplicate Content-Length": {"http.content_length_differ", "http.head_cut_short"},
    "Invalid character in Content-Length": {"http.content_length_invalid"},
    "Empty Content-Length": {"http.content_length_invalid"},
    "Transfer-Encoding can't be present with Content-Length": {"http.content_length_and_chunked", "http.transfer_encoding_not_final"},
    "Request has invalid `Transfer-Encoding`": {"http.transfer_encoding_not_final", "http.smuggling_te_te"},
    "Invalid method for RTSP/x.x request": {"http.request_line_invalid"},
    "Data after `Connection: close`": {"http.data_after_close", "http.bare_cr"},
    "Invalid header value char": {"http.field_value_invalid", "http.obs_fold", "http.bare_lf"},
    "Invalid header token": {"http.field_name_invalid"},
    "Invalid HTTP version": {"http.version_unknown", "http.request_line_invalid"},
    "Unexpected space after start line": {"http.field_name_invalid", "http.head_cut_short"},
    "Unexpected whitespace after header value": {"http.obs_fold"},
    "Invalid character in chunk size": {"http.chunk_size_padded", "http.chunk_size_invalid"},
    "Invalid character in chunk extensions quoted value": {"http.chunk_extension_invalid"},
    "Invalid character in chunk extensions": {"http.chunk_extension_invalid"},
    "Expected LF after chunk size": {"http.chunk_size_padded", "http.chunk_extension_invalid"},
    "Expected LF after chunk data": {"http.chunk_end_invalid"},
    "Invalid char in url path": {"http.target_not_ascii"},
    "Expected HTTP/, RTSP/ or ICE/": {"http.status_line_invalid", "http.status_line_missing"},
    "Expected dot": {"http.status_line_invalid", "http.version_unknown"},
    "Expected space after version": {"http.status_line_invalid"},
    "Invalid status code": {"http.status_line_invalid"},
    "Unexpected char in url schema": {"http.target_invalid"},
    "Double @ in url": {"http.target_invalid"},
    "Invalid characters in url": {"http.target_invalid"},
}
# Cases that Weir does not know for HTTP, by their first line alone.
NO_HTTP = {"request/invalid:45": "RTSP", "request/invalid:490": "a line that does not end"}


def codes_of(case, folder):
    """The codes of all anomalies that Weir reports of the case as a connection."""
    data = bytes.fromhex(case["input_hex"])
    capture = Capture()
    connection = Connection(capture)
    connection.open()
    if case["type"] == "url":
        connection.request(b"GET " + data + b" HTTP/1.1\r\nHost: h\r\n\r\n")
    elif case["type"] == "response":
        connection.request(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        connection.response(data)
    else:
        connection.request(data)
    connection.close()
    path = Path(folder) / "case.pcap"
    capture.write_pcap(path)
    told = run(WEIR, "-r", path, "--json", "--events", "anomaly,http.exchange")
    return {e["code"] for e in events(told.stdout) if e["event"] == "anomaly"}


def main():
    truth = SOURCE.parent / "shared" / "corpus" / "truth" / "llhttp.json"
    if not truth.exists():
        skip("llhttp's cases are not beside this checkout (../shared/corpus/truth/llhttp.json): none was read")
    findings = Findings()
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in json.loads(truth.read_text()):
            error = next((e for e in case["expected"] if "error" in e), None)
            if error is None or error["error"] == PAUSE or case["id"] in NO_HTTP:
                continue
            count += 1
            codes = codes_of(case, folder)
            reason = error["reason"]
            findings.check(codes & FITTING.get(reason, set()), f"{case['id']}: {reason}: {sorted(codes)}: {case['input'][:120]!r}")
            print(f"{case['id']}: {reason}: {', '.join(sorted(codes))}")
    findings.finish(f"{count} cases that llhttp refuses")


main()
