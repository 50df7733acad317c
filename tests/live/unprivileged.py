"""First light: as uid nobody, with a helper that has a file capability, curl's exchanges on 127.0.0.1 and ::1 are told
exactly, at once, while neither process holds any capability."""

import shutil
import tempfile
import time
from pathlib import Path

from live import (PATH, SLOW, Installed, Schema, Server, Weir, as_nobody, curl, free_port, need_root, status_of,
                  told)
from weirtest import Findings

NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{
    access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:{port}; listen [::1]:{port};
        location / {{ return 200 "from nginx\\n"; }}
    }}
}}
"""


def talk(host):
    """curl's requests, and what must be told of them."""
    base = f"http://{host}"
    curl(base + "/", base + "/second")  # one connection
    curl("-X", "POST", "-H", "Content-Type: application/json", "-d", '{"a":1}', base + "/items")
    curl(base + "/missing")
    curl(base + "/chunked")
    curl("-I", base + "/head")
    return [("GET", "/", 200, 7), ("GET", "/second", 200, 13), ("POST", "/items", 201, 7), ("GET", "/missing", 404, 3),
            ("GET", "/chunked", 200, 11), ("HEAD", "/head", 501, 0)]


def check_fields(findings, exchange, address, port):
    findings.check(exchange["client"]["ip"] == address and exchange["server"] == {"ip": address, "port": port},
                   f"ends of {exchange}")
    findings.check(exchange["request"]["complete"] and exchange["response"]["complete"], f"incomplete: {exchange}")
    findings.check(exchange["request"]["headers"]["user-agent"].startswith("curl/"), f"user agent of {exchange}")
    findings.check(exchange["request"]["url"].startswith("http://") and "missing" not in exchange
                   and "anomalies" not in exchange, f"url, missing or anomalies of {exchange}")
    findings.check(0 < exchange["timing"]["wait"] <= exchange["timing"]["total"] < 5, f"timing of {exchange}")


def check_capabilities(findings, name, pid):
    status = status_of(pid)
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        findings.check(int(status[kind], 16) == 0, f"{name} holds {kind} {status[kind]} while it captures")
    findings.check("0" not in status["Uid"].split(), f"{name} is uid {status['Uid']}")


def check_nginx(findings, installed):
    nginx = shutil.which("nginx", path=PATH)
    if nginx is None:
        print("nginx is not installed: its part was left out")
        return
    port = free_port()
    with tempfile.TemporaryDirectory(dir=installed.scratch) as folder:
        Path(folder).chmod(0o777)
        Path(folder, "conf").write_text(NGINX.format(folder=folder, port=port))
        server = as_nobody(nginx, "-c", f"{folder}/conf", "-e", f"{folder}/error.log")
        weir = Weir(installed.weir, "-i", "lo", f"tcp port {port}")
        try:
            weir.started()
            deadline = time.monotonic() + 5 * SLOW
            while curl(f"http://127.0.0.1:{port}/warm").returncode != 0 and time.monotonic() < deadline:
                time.sleep(0.05)
            curl(f"http://[::1]:{port}/six")
            weir.wait_for(lambda lines: ("GET", "/six", 200, 11) in told(lines))
            findings.check(told(weir.lines)[-2:] == [("GET", "/warm", 200, 11), ("GET", "/six", 200, 11)],
                           f"nginx: {told(weir.lines)}")
            findings.check(weir.end() == 0, f"nginx: {weir.said()}")
        finally:
            server.terminate()
            server.wait()


def main():
    need_root("curl")
    findings, schema = Findings(), Schema()
    with Installed() as installed:
        for address in ("127.0.0.1", "::1"):
            server = Server(address)
            weir = Weir(installed.weir, "-i", "lo", f"tcp port {server.port}")
            weir.started()
            check_capabilities(findings, "weir", weir.process.pid)
            check_capabilities(findings, "weir-capture", weir.helper())
            expected = talk(server.host)
            weir.wait_for_count("http.exchange", len(expected))
            began = time.time()
            curl(f"http://{server.host}/last")
            findings.check(weir.wait_for_count("http.exchange", len(expected) + 1), f"{address}: /last is not told")
            last = weir.times[-1] - began if weir.times else 99
            print(f"{address}: told {1000 * last:.0f} ms after curl was started")
            findings.check(weir.end() == 0, f"{address}: {weir.said()}")
            findings.check(told(weir.lines) == expected + [("GET", "/last", 200, 11)], f"{address}: {told(weir.lines)}")
            for exchange in weir.of("http.exchange"):
                check_fields(findings, exchange, address, server.port)
            findings.check(weir.lines[-1]["event"] == "capture.end" and weir.lines[-1]["reason"] == "interrupted",
                           f"{address}: the last line is {weir.lines[-1]}")
            closes = [close["reason"] for close in weir.of("tcp.close")]
            findings.check(closes == ["fin"] * 6, f"{address}: closed by {closes}")
            schema.check(findings, weir.lines)
        check_nginx(findings, installed)
    findings.finish("127.0.0.1, ::1 and nginx")


main()
