"""A real Redis server with redis-cli, python3-redis and bare sockets, captured live on loopback: each command is there with
its reply and a latency beside the client's own; pipelines, MULTI, pub/sub, blocking, MONITOR, RESP3, a replica's RDB;
passwords nowhere; 100,000 commands, each one there."""

import collections
import socket
import subprocess
import tempfile
import time

from live import Installed, Schema, Weir, need_root
from weirtest import Findings, skip

try:
    import redis
except ImportError:
    redis = None

PASSWORD = "s3cret-of-the-test"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A redis-server on loopback that this test ends itself."""

    def __init__(self, *options):
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="weir-redis-")
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir",
                                         self.folder.name, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("redis-server does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


class Capture:
    """weir on the server's port, until what is asked for was told."""

    def __init__(self, installed, port, events="redis.*,capture.*,anomaly"):
        self.weir = Weir(installed.weir, "-i", "lo", "--json", "--events", events, "--buffer", "64Mi", f"tcp port {port}")
        self.weir.started()

    def commands(self, *names):
        return [line for line in self.weir.of("redis.command") if line.get("name") in names]


def replies(lines):
    return [line.get("reply", {}).get("value") for line in lines]


def speaks_with_libraries(installed, findings, schema):
    with Server() as server:
        capture = Capture(installed, server.port)
        check = findings.check
        client = redis.Redis(port=server.port)
        timed = []
        for i in range(200):
            start = time.perf_counter()
            client.set(f"key{i}", "v" * i)
            timed.append(time.perf_counter() - start)
        with client.pipeline(transaction=True) as pipe:
            pipe.incr("n").incr("n").get("n")
            pipe.execute()
        with client.pipeline(transaction=False) as pipe:
            for i in range(100):
                pipe.get(f"key{i}")
            pipe.execute()
        try:
            client.lpush("n", "x")
        except redis.ResponseError:
            pass
        client.blpop("empty", timeout=1)
        listener = client.pubsub()
        listener.subscribe("news", "sport")
        for _ in range(2):
            listener.get_message(timeout=5)
        client.publish("news", "hello")
        while (message := listener.get_message(timeout=5)) and message["type"] != "message":
            pass
        listener.close()
        said = subprocess.run(["redis-cli", "-3", "-p", str(server.port), "hgetall", "none"], capture_output=True, text=True, timeout=20)
        check(said.returncode == 0, f"redis-cli: {said.stderr}")
        subprocess.run(["redis-cli", "-p", str(server.port), "--no-auth-warning", "-a", PASSWORD, "config", "set", "requirepass", PASSWORD],
                       capture_output=True, timeout=20, check=False)
        with socket.create_connection(("127.0.0.1", server.port), 5) as bare:
            bare.sendall(f"AUTH {PASSWORD}\r\nHELLO 3 AUTH default {PASSWORD}\r\nMONITOR\r\n".encode())
            time.sleep(0.3)
            other = redis.Redis(port=server.port, password=PASSWORD)
            other.get("seen-by-monitor")
            check(other.config_get("requirepass") == {"requirepass": PASSWORD}, "CONFIG GET itself")
            with other.pipeline(transaction=True) as pipe:
                check(pipe.config_get("*").execute()[0]["requirepass"] == PASSWORD, "CONFIG GET in a transaction")
            time.sleep(0.3)
            bare.sendall(b"RESET\r\n")
            time.sleep(0.3)
        weir = capture.weir
        check(weir.wait_for(lambda _: capture.commands("RESET"), 20), "RESET is not told")
        weir.end()
        sets = capture.commands("SET")
        check(len(sets) == 200 and set(replies(sets)) == {"OK"}, f"SET: {len(sets)} of 200")
        slower = [(line["timing"]["wait"], took) for line, took in zip(sets, timed) if line["timing"]["wait"] > took]
        check(not slower, f"latencies above the client's own: {slower[:3]}")
        measured, own = sorted(line["timing"]["wait"] for line in sets)[100], sorted(timed)[100]
        print(f"median wait {measured * 1e6:.0f} us, the client's own {own * 1e6:.0f} us")
        check(replies(capture.commands("EXEC"))[:1] == [[1, 2, "2"]], f"EXEC: {capture.commands('EXEC')}")
        gets = [line for line in capture.commands("GET") if line["args"][0].startswith("key")]
        check(len(gets) == 100 and all(line["reply"]["value"] == "v" * int(line["args"][0][3:]) for line in gets), "a pipeline's replies")
        check(sum(line.get("pipelined", False) for line in gets) == 99, "99 of 100 are pipelined")
        check(all(line["reply"]["type"] == "error" for line in capture.commands("LPUSH")) and capture.commands("LPUSH"), "WRONGTYPE")
        blocked = capture.commands("BLPOP")
        check(len(blocked) == 1 and blocked[0].get("blocking") and blocked[0]["timing"]["wait"] > 0.9, f"BLPOP: {blocked}")
        subscribed = capture.commands("SUBSCRIBE")
        check([line.get("replies") for line in subscribed] == [2], f"SUBSCRIBE: {subscribed}")
        pushes = collections.Counter(line["kind"] for line in weir.of("redis.push"))
        check(pushes["message"] == 1 and pushes["monitor"] >= 2, f"pushes: {pushes}")
        check([line["reply"]["type"] for line in capture.commands("HGETALL")] == ["map"], "RESP3: a map")
        check(not any(PASSWORD in str(line) for line in weir.lines), "a password is written")
        check(any("<redacted>" in str(line.get("args")) for line in capture.commands("AUTH")), "AUTH is not told")
        partial = [line for line in weir.of("redis.command") if line.get("complete") is False]
        check(not partial, f"not complete: {partial[:2]}")
        schema.check(findings, weir.lines)


def follows_a_replica(installed, findings, schema):
    with Server("--repl-diskless-sync-delay", "0") as master:
        capture = Capture(installed, master.port)
        redis.Redis(port=master.port).set("before", "x" * 1000)
        with Server("--replicaof", "127.0.0.1", str(master.port)):
            weir = capture.weir
            findings.check(weir.wait_for(lambda _: capture.commands("PSYNC"), 20), "PSYNC is not told")
            redis.Redis(port=master.port).set("after", "y")
            replicated = lambda _: any(line["kind"] == "replication" and line["args"][:2] == ["SET", "after"] for line in weir.of("redis.push"))
            findings.check(weir.wait_for(replicated, 20), "the replicated SET is not told")
            weir.end()
            psync = capture.commands("PSYNC")
            findings.check(len(psync) == 1 and psync[0].get("rdb", 0) > 100, f"PSYNC: {psync}")
            schema.check(findings, weir.lines)


def loses_none_of_many(installed, findings, _):
    """100,000 commands in pipelines of 16: as many as the server itself counted."""
    with Server() as server:
        capture = Capture(installed, server.port, "redis.command,capture.*")
        done = subprocess.run(["redis-benchmark", "-p", str(server.port), "-n", "50000", "-P", "16", "-c", "20", "-t", "set,get", "-q", "-r",
                               "1000"], capture_output=True, text=True, timeout=120)
        findings.check(done.returncode == 0, f"redis-benchmark: {done.stderr}")
        stats = redis.Redis(port=server.port).info("commandstats")
        capture.weir.wait_for(lambda _: len(capture.commands("INFO")) >= 1, 60)
        capture.weir.end(seconds=20)
        for name in ("GET", "SET"):
            told = capture.commands(name)
            asked = stats[f"cmdstat_{name.lower()}"]["calls"]
            findings.check(asked == 50000 and len(told) == asked, f"{name}: {len(told)} told of {asked}")
            findings.check(all("reply" in line and "complete" not in line for line in told), f"{name}: not each has its reply")
        dropped = capture.weir.lines[-1]["totals"].get("kernel", {}).get("dropped")
        findings.check(dropped == 0, f"the kernel dropped {dropped}")


def main():
    need_root("redis-server", "redis-cli", "redis-benchmark")
    if redis is None:
        skip("python3-redis is not installed (scripts/install-deps test)")
    findings, schema = Findings(), Schema()
    with Installed() as installed:
        for part in (speaks_with_libraries, follows_a_replica, loses_none_of_many):
            part(installed, findings, schema)
    findings.finish("Redis, live")


main()
