"""libhtp's dialogs, replayed: what its own tests say of them, Weir says too, for 95 of 100 facts; every difference has its
reason here. The dialogs are others' and no part of the repository; where they are not at hand, this is skipped."""

import json
import tempfile
from pathlib import Path

from pcapmake import Capture, Connection
from weirtest import SOURCE, WEIR, Findings, events, run, skip

ENOUGH = 95

# (test, fact): why Weir says something else.
DIFFERENCES = {
    ("Unknown_MethodOnly", "request_method"): "a lone word is no HTTP: other protocols begin so",
    ("Unknown_MethodOnly", "request_progress"): "as above",
    ("Unknown_MethodOnly", "is_protocol_0_9"): "as above",
    ("ResponsesCut", "request_progress"): "a head without its empty line is not complete",
    ("PartialRequestTimeout", "request_progress"): "three letters and no line end are not a complete request",
}
# Questions that are not Weir's to answer: targets are shown as sent, a limit is libhtp's own, and its length of a chunked body
# counts the framing.
NOT_ASKED = {
    "parsed_uri->path",
    ("LongRequestLine2", "request_progress"),
    ("PostUrlencodedChunked", "request_message_len"),
    ("CompressedResponseChunked", "response_message_len"),
}


def bytes_of(value):
    if isinstance(value, dict):
        import base64
        return base64.b64decode(value["base64"]).decode("latin1")
    return value


def header(message, name):
    value = message.get("headers", {}).get(name, "")
    return bytes_of(value[0] if isinstance(value, list) else value)


def holds(fact, wanted, exchange):
    """Whether an exchange (none: {}) says what libhtp's test says of its transaction."""
    request, response = exchange.get("request", {}), exchange.get("response", {})
    target = bytes_of(request.get("target", ""))
    answers = {
        "request_method": lambda: bytes_of(request.get("method")) == wanted,
        "request_uri": lambda: target == wanted,
        "request_progress": lambda: ("request" not in exchange or not request.get("complete")) == (wanted == "HTP_REQUEST_NOT_STARTED"),
        "response_progress": lambda: response.get("complete") is True,
        "response_status_number": lambda: response.get("status") == wanted,
        "response_message_len": lambda: response.get("body", {}).get("size") == wanted,
        "response_entity_len": lambda: response.get("body", {}).get("decoded_size") == wanted,
        "request_message_len": lambda: request.get("body", {}).get("size") == wanted,
        "request_entity_len": lambda: request.get("body", {}).get("size") == wanted,
        "request_auth_type": lambda: header(request, "authorization").lower().startswith(wanted.split("_")[-1].lower()),
        "request_auth_username": lambda: f'username="{wanted}"' in header(request, "authorization"),
        "is_protocol_0_9": lambda: request.get("version") == "0.9",
        "request_protocol_number": lambda: "http.request_line_invalid" in exchange.get("anomalies", []),
        "request_hostname": lambda: bytes_of(request.get("host", "")).split(":")[0] == wanted,
        "parsed_uri->query": lambda: target.partition("?")[2] == wanted,
        "parsed_uri->hostname": lambda: target.partition("://")[2].split("/")[0] == wanted,
        "parsed_uri->path": lambda: target.partition("?")[0] == wanted,
    }
    return answers[fact]()


def replay(dialog, folder):
    capture = Capture()
    connection = Connection(capture)
    connection.open()
    for segment in dialog["segments"]:
        connection.send(0 if segment["dir"] == "c2s" else 1, bytes.fromhex(segment["hex"]))
    connection.close()
    path = Path(folder) / "dialog.pcap"
    capture.write_pcap(path)
    told = run(WEIR, "-r", path, "--json", "--events", "http.exchange", "--bodies")
    return [e for e in events(told.stdout) if e["event"] == "http.exchange"]


def main():
    truth = SOURCE.parent / "shared" / "corpus" / "truth" / "libhtp.json"
    if not truth.exists():
        skip("libhtp's dialogs are not beside this checkout (../shared/corpus/truth/libhtp.json): none was replayed")
    findings = Findings()
    asked = found = 0
    with tempfile.TemporaryDirectory() as folder:
        for dialog in json.loads(truth.read_text()):
            name = dialog["test"].partition(".")[2]
            exchanges = sorted(replay(dialog, folder), key=lambda e: e["exchange"])
            facts = [("transactions", None, n) for n in [dialog["facts"].get("transactions")] if n is not None]
            facts += [(fact, int(number), wanted) for number, told in dialog["facts"].get("tx", {}).items()
                      for fact, wanted in told.items()]
            for fact, number, wanted in facts:
                if fact in NOT_ASKED or (name, fact) in NOT_ASKED:
                    continue
                asked += 1
                if fact == "transactions":
                    right = len(exchanges) == wanted
                else:
                    right = holds(fact, wanted, exchanges[number] if number < len(exchanges) else {})
                found += right
                findings.check(right or (name, fact) in DIFFERENCES,
                               f"{name}: {fact} is to be {wanted}: {json.dumps(exchanges)[:500]}")
    findings.check(100 * found >= ENOUGH * asked, f"{found} of {asked} facts are fewer than {ENOUGH} %")
    findings.finish(f"{found} of {asked} facts of libhtp")


main()
