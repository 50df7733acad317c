"""Differential test: python3-websockets, without I/O, is both ends of generated connections; each message, ping and close that
it says Weir tells, in captures cut anywhere."""

import base64
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from pcapmake import Capture, Connection
from weirtest import WEIR, Findings, events, skip

try:
    from websockets.client import ClientConnection
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
    from websockets.server import ServerConnection
    from websockets.uri import parse_uri
except ImportError:
    skip("python3-websockets is not installed (scripts/install-deps test)")

ROUNDS = 60


def settings(rng):
    if rng.random() < 0.25:
        return None
    return {"server_no_context_takeover": rng.random() < 0.5, "client_no_context_takeover": rng.random() < 0.5,
            "server_max_window_bits": rng.randint(9, 15), "client_max_window_bits": rng.randint(9, 15)}


class Dialog:
    """Both ends and the wire between them; what was said is kept as Weir should tell it."""

    def __init__(self, rng, capture, number):
        self.rng, self.said = rng, []
        deflate = settings(rng)
        factories = ([], []) if deflate is None else ([ClientPerMessageDeflateFactory(
            server_max_window_bits=deflate["server_max_window_bits"], client_max_window_bits=deflate["client_max_window_bits"])],
            [ServerPerMessageDeflateFactory(**deflate)])
        self.client = ClientConnection(parse_uri("ws://a/ws"), extensions=factories[0])
        self.server = ServerConnection(extensions=factories[1])
        self.wire = Connection(capture, client=("10.0.0.1", 40000 + number), mss=rng.choice((7, 100, 1448)))
        self.wire.open()
        self.client.send_request(self.client.connect())
        self.flush("client")
        request = self.server.events_received()[0]
        self.server.send_response(self.server.accept(request))
        self.flush("server")
        self.client.events_received()

    def flush(self, side):
        """What `side` has to send goes over the wire, and what the other answers of itself comes back."""
        sender, receiver = (self.client, self.server) if side == "client" else (self.server, self.client)
        data = b"".join(sender.data_to_send())
        if not data:
            return
        (self.wire.request if side == "client" else self.wire.response)(data)
        receiver.receive_data(data)
        self.flush("server" if side == "client" else "client")

    def message(self, side):
        rng, end = self.rng, self.client if side == "client" else self.server
        is_text = rng.random() < 0.6
        size = rng.choice((0, 1, 125, 126, 300, 5000, 70000))
        text = "".join(rng.choice(("weir ", "\u00fc", "\u6c34", "x")) for _ in range(size))[:size]
        payload = text.encode() if is_text else rng.randbytes(size)
        pieces, rest = [], payload
        while rng.random() < 0.4 and rest:
            cut = rng.randint(0, len(rest))
            pieces.append(rest[:cut])
            rest = rest[cut:]
        pieces.append(rest)
        for number, piece in enumerate(pieces):
            is_last = number == len(pieces) - 1
            if number == 0:
                (end.send_text if is_text else end.send_binary)(piece, fin=is_last)
            else:
                end.send_continuation(piece, fin=is_last)
            if rng.random() < 0.5:
                self.flush(side)
                if not is_last and rng.random() < 0.5:
                    self.ping(side)
        self.said.append((side, "text" if is_text else "binary", payload))
        self.flush(side)

    def ping(self, side):
        payload = self.rng.randbytes(self.rng.randint(0, 125))
        (self.client if side == "client" else self.server).send_ping(payload)
        self.said.append((side, "ping", payload))
        self.said.append(("server" if side == "client" else "client", "pong", payload))
        self.flush(side)

    def run(self):
        for _ in range(self.rng.randint(1, 8)):
            side = self.rng.choice(("client", "server"))
            (self.message if self.rng.random() < 0.8 else self.ping)(side)
        closer, self.code = self.rng.choice(("client", "server")), self.rng.choice((1000, 1001, 3000, 4999))
        (self.client if closer == "client" else self.server).send_close(self.code, "done")
        self.flush(closer)
        self.closer = closer
        self.wire.close()
        return self


def raw(value):
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 20261121
    rng, findings, capture = random.Random(seed), Findings(), Capture()
    dialogs = {40000 + number: Dialog(rng, capture, number).run() for number in range(ROUNDS)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "websocket.pcap")
        capture.write_pcap(path)
        done = subprocess.run([WEIR, "-r", path, "--json", "--bodies=1Mi", "--events", "websocket.*,anomaly"], capture_output=True,
                              text=True, check=False, timeout=120)
    findings.check(done.returncode == 0, done.stderr)
    told, closes = {}, {}
    for line in events(done.stdout):
        port = line.get("client", {}).get("port")
        if line["event"] == "websocket.message":
            told.setdefault(port, []).append((line["side"], line["opcode"], raw(line["data"])))
        elif line["event"] == "websocket.close":
            closes[port] = (line["side"], line["code"], line["reason"], line["clean"])
        elif line["event"] == "anomaly":
            findings.add(f"an anomaly: {line}")
    for port, dialog in dialogs.items():
        for side in ("client", "server"):  # pongs stand among the other side's messages
            ours = sorted(m for m in told.get(port, []) if m[0] == side)
            findings.check(ours == sorted(m for m in dialog.said if m[0] == side),
                           f"seed {seed}, port {port}, {side}: {len(ours)} told of {sum(m[0] == side for m in dialog.said)}")
        findings.check(closes.get(port) == (dialog.closer, dialog.code, "done", True), f"port {port}: {closes.get(port)}")
    total = sum(len(dialog.said) for dialog in dialogs.values())
    findings.check(total > 2 * ROUNDS, f"only {total} messages: this test sees nothing")
    findings.finish(f"{total} messages on {ROUNDS} connections")


main()
