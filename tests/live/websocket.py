"""Real WebSocket and SSE endpoints, captured live on loopback: python3-websockets as server and client, node's ws as client
and server, with permessage-deflate in every setting that they take; an SSE server whose next event waits until Weir has told
the last one. Every message is what the endpoints logged, in their order; pings have their latency, closes their code."""

import asyncio
import json
import os
import random
import socket
import subprocess
import threading
import zlib
from pathlib import Path

from live import Installed, Schema, Weir, need_root
from weirtest import Findings, skip

try:
    import websockets
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
except ImportError:
    websockets = None

NODE_MODULES = "/usr/share/nodejs"
MESSAGES = 12

# Speaks with a server that echoes, or echoes itself; logs what it sent and received, a JSON line each.
NODE_CLIENT = """
const WebSocket = require('ws');
const [port, options, messages] = [process.argv[1], JSON.parse(process.argv[2]), JSON.parse(process.argv[3])];
const ws = new WebSocket(`ws://127.0.0.1:${port}/node`, {perMessageDeflate: options});
const log = (side, data) => console.log(JSON.stringify([side, data]));
let next = 0;
const say = () => {
    if (next == messages.length) return ws.close(4001, 'node is done');
    log('client', messages[next]);
    ws.send(messages[next++]);
};
ws.on('open', say);
ws.on('message', data => { log('server', data.toString()); say(); });
ws.on('error', e => { console.error(e); process.exit(1); });
"""
NODE_SERVER = """
const WebSocket = require('ws');
const wss = new WebSocket.Server({port: 0, host: '127.0.0.1', perMessageDeflate: JSON.parse(process.argv[1])});
wss.on('listening', () => console.log(wss.address().port));
wss.on('connection', ws => ws.on('message', data => ws.send(data.toString())));
process.stdin.on('end', () => process.exit(0)).resume();
"""


def messages(seed):
    """Texts of many sizes, that repeat what they and those before them say."""
    rng = random.Random(seed)
    words = ["weir", "gate", "level", "flow", "\u00fcber", "\u6c34", '{"spill": true}']
    return [" ".join(rng.choice(words) for _ in range(rng.choice((0, 1, 5, 40, 300, 3000)))) for _ in range(MESSAGES)]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Capture:
    def __init__(self, installed, ports):
        filter_text = " or ".join(f"tcp port {port}" for port in ports)
        self.weir = Weir(installed.weir, "-i", "lo", "--json", "--bodies=1Mi", "--events",
                         "websocket.*,http.sse,http.exchange,capture.*,anomaly", "--buffer", "64Mi", filter_text)
        self.weir.started()

    def told(self, port, opcode="text"):
        return [(line["side"], line["data"]) for line in self.weir.of("websocket.message")
                if line["server"]["port"] == port and line["opcode"] == opcode]

    def of(self, name, port):
        return [line for line in self.weir.of(name) if line["server"]["port"] == port]


def deflate_settings():
    """Window bits of both sides, and who takes its context over. zlib cannot compress with a window of 8 bits."""
    for server_bits, client_bits in ((9, 15), (15, 9), (10, 12), (15, 15)):
        for server_alone in (False, True):
            for client_alone in (False, True):
                yield {"server_no_context_takeover": server_alone, "client_no_context_takeover": client_alone,
                       "server_max_window_bits": server_bits, "client_max_window_bits": client_bits}


async def python_with_python(settings, port, seed):
    """A server that echoes and a client, both python3-websockets; answers what they logged."""
    logged = []

    async def echo(socket_):
        await (await socket_.ping(b"are you there"))
        async for message in socket_:
            await socket_.send(message)
    extensions = [] if settings is None else [ServerPerMessageDeflateFactory(**settings)]
    offered = [] if settings is None else [ClientPerMessageDeflateFactory(
        server_max_window_bits=settings["server_max_window_bits"], client_max_window_bits=settings["client_max_window_bits"])]
    async with websockets.serve(echo, "127.0.0.1", port, extensions=extensions, compression=None, ping_interval=None):
        async with websockets.connect(f"ws://127.0.0.1:{port}/python", extensions=offered, compression=None,
                                      ping_interval=None) as client:
            for message in messages(seed):
                await client.send(message)
                logged.append(("client", message))
                logged.append(("server", await client.recv()))
            half = len("in two frames") // 2
            await client.send(["in two frames"[:half], "in two frames"[half:]])
            logged += [("client", "in two frames"), ("server", await client.recv())]
            await client.close(1000, "python is done")
    return logged


async def python_with_node(options, port, seed):
    """A python3-websockets server and node's ws as its client."""
    async def echo(socket_):
        try:
            async for message in socket_:
                await socket_.send(message)
        except websockets.ConnectionClosed:  # by a code that is not 1000
            pass
    async with websockets.serve(echo, "127.0.0.1", port, ping_interval=None):
        node = await asyncio.create_subprocess_exec(
            "node", "-e", NODE_CLIENT, str(port), json.dumps(options), json.dumps(messages(seed)),
            stdout=subprocess.PIPE, env={**os.environ, "NODE_PATH": NODE_MODULES})
        out, _ = await asyncio.wait_for(node.communicate(), 20)
    return [tuple(json.loads(line)) for line in out.decode().splitlines()]


async def node_with_python(port, seed):
    """A python3-websockets client of a node server that listens on `port`."""
    logged = []
    async with websockets.connect(f"ws://127.0.0.1:{port}/", ping_interval=None) as client:
        for message in messages(seed):
            await client.send(message)
            logged.append(("client", message))
            logged.append(("server", await client.recv()))
        await client.close(1001, "leaving")
    return logged


def start_node_server(options):
    server = subprocess.Popen(["node", "-e", NODE_SERVER, json.dumps(options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              env={**os.environ, "NODE_PATH": NODE_MODULES}, text=True)
    return server, int(server.stdout.readline())


def compare(findings, capture, port, logged, what, code, reason):
    weir = capture.weir
    findings.check(weir.wait_for(lambda _: capture.of("websocket.close", port), 10), f"{what}: no websocket.close")
    told = capture.told(port)
    findings.check(told == logged, f"{what}: {len(told)} messages told, {len(logged)} logged: " +
                   str(next(((a, b) for a, b in zip(told, logged) if a != b), ""))[:300])
    for close in capture.of("websocket.close", port):
        findings.check((close.get("code"), close.get("reason"), close["clean"]) == (code, reason, True), f"{what}: {close}")
        findings.check(close["side"] == "client", f"{what}: closed by {close['side']}")


def speaks_websocket(installed, findings, schema):
    settings = [None, *deflate_settings()]
    node_options = [False, True, {"serverNoContextTakeover": True}, {"clientNoContextTakeover": True},
                    {"serverMaxWindowBits": 10, "clientMaxWindowBits": 10, "threshold": 0}]
    ports = [free_port() for _ in settings + node_options]
    servers = [start_node_server(options) for options in node_options]
    capture = Capture(installed, ports + [port for _, port in servers])
    try:
        for number, (setting, port) in enumerate(zip(settings, ports)):
            logged = asyncio.run(python_with_python(setting, port, number))
            what = f"python with python, {setting}"
            compare(findings, capture, port, logged, what, 1000, "python is done")
            opened = capture.of("websocket.open", port)
            deflate = opened[0].get("deflate") if opened else None
            agreed = setting and {key: value for key, value in setting.items() if value}
            renamed = agreed and {key.replace("max_window", "window"): value for key, value in agreed.items()}
            findings.check(deflate == renamed, f"{what}: agreed {deflate}")
            pongs = [line for line in capture.of("websocket.message", port) if line["opcode"] == "pong"]
            findings.check(len(pongs) == 1 and 0 < pongs[0]["timing"]["latency"] < 10 and pongs[0]["data"] == "are you there",
                           f"{what}: {pongs}")
        for number, (options, port) in enumerate(zip(node_options, ports[len(settings):])):
            logged = asyncio.run(python_with_node(options, port, 100 + number))
            findings.check(len(logged) == 2 * MESSAGES, f"node said {len(logged)}")
            compare(findings, capture, port, logged, f"node with python, {options}", 4001, "node is done")
        for number, (options, (_, port)) in enumerate(zip(node_options, servers)):
            logged = asyncio.run(node_with_python(port, 200 + number))
            compare(findings, capture, port, logged, f"python with node, {options}", 1001, "leaving")
    finally:
        for server, _ in servers:
            server.stdin.close()
            server.wait(10)
    weir = capture.weir
    weir.end()
    compressed = [line for line in weir.of("websocket.message") if line.get("compressed")]
    findings.check(len(compressed) > 20 * MESSAGES, f"only {len(compressed)} messages were compressed")
    partial = [line for line in weir.of("websocket.message") if line.get("complete") is False or line.get("truncated")]
    findings.check(not partial, f"not whole: {partial[:1]}")
    findings.check(not weir.of("anomaly"), f"anomalies: {weir.of('anomaly')[:2]}")
    schema.check(findings, weir.lines)
    print(f"{len(weir.of('websocket.message'))} messages on {len(weir.of('websocket.open'))} connections, {len(compressed)} compressed")


class EventServer(threading.Thread):
    """One SSE response; each event is sent when told() says that the one before was seen."""

    def __init__(self, coded):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.coded, self.next, self.sent = coded, threading.Semaphore(0), []

    def run(self):
        peer, _ = self.listener.accept()
        with peer, self.listener:
            peer.recv(65536)
            head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
            peer.sendall((head + ("Content-Encoding: gzip\r\n" if self.coded else "") + "\r\n").encode())
            packer = zlib.compressobj(wbits=31)
            for number in range(10):
                self.next.acquire()
                text = f": beat\nid: {number}\nevent: tick\ndata: number {number}\ndata: of many\n\n".encode()
                if self.coded:
                    text = packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH)
                self.sent.append(number)
                peer.sendall(f"{len(text):x}\r\n".encode() + text + b"\r\n")
            self.next.acquire()
            last = packer.flush() if self.coded else b""
            peer.sendall((f"{len(last):x}\r\n".encode() + last + b"\r\n" if last else b"") + b"0\r\n\r\n")


def tells_events_as_they_come(installed, findings, schema):
    """Each is there before the next one is sent."""
    servers = [EventServer(False), EventServer(True)]
    capture = Capture(installed, [server.port for server in servers])
    for server in servers:
        server.start()
        client = subprocess.Popen(["curl", "-sN", "--compressed", f"http://127.0.0.1:{server.port}/events"], stdout=subprocess.PIPE)
        for number in range(10):
            server.next.release()
            seen = capture.weir.wait_for(lambda _, n=number: len(capture.of("http.sse", server.port)) > n, 20)
            if not seen:
                findings.add(f"event {number} is not there before the next one is sent")
                client.terminate()
                break
        server.next.release()
        received = client.communicate(timeout=20)[0].decode()
        told = capture.of("http.sse", server.port)
        shown = "".join(f": beat\nid: {line['id']}\nevent: {line['type']}\n" +
                        "".join(f"data: {part}\n" for part in line["data"].split("\n")) + "\n" for line in told)
        findings.check(received == shown, f"curl received {received!r}, told is {shown!r}")
        findings.check([line["number"] for line in told] == list(range(1, 11)), "their numbers")
    capture.weir.wait_for(lambda _: len(capture.weir.of("http.exchange")) == 2, 20)
    capture.weir.end()
    findings.check(all(line["response"]["complete"] for line in capture.weir.of("http.exchange")), "the exchanges are whole")
    schema.check(findings, capture.weir.lines)


def main():
    need_root("curl", "node")
    if websockets is None or not Path(NODE_MODULES, "ws").exists():
        skip("python3-websockets or node-ws is not installed (scripts/install-deps test)")
    findings, schema = Findings(), Schema()
    with Installed() as installed:
        for part in (tells_events_as_they_come, speaks_websocket):
            part(installed, findings, schema)
    findings.finish("WebSocket and server-sent events, live")


main()
