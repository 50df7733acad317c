"""The aiohttp server of tests/live/http_servers.py: one line a request on standard output."""

import gzip
import sys

from aiohttp import HttpVersion11, web

BIG = b"0123456789" * 100000


async def answer(request, received):
    """The response, and how many bytes of body it has."""
    fixed = {"/small": b"small\n", "/big": BIG}.get(request.path)
    if fixed is None and request.path.startswith("/n/"):
        fixed = b"small\n"
    if fixed is not None:
        return web.Response(body=fixed), len(fixed)
    if request.path == "/moved":
        return web.Response(status=301, headers={"Location": "/small"}), 0
    if request.path == "/empty":
        return web.Response(status=204), 0
    if request.path == "/gz":
        body = gzip.compress(BIG)
        return web.Response(body=body, headers={"Content-Encoding": "gzip"}), len(body)
    if request.path == "/chunked":
        response = web.StreamResponse()
        if request.version >= HttpVersion11:
            response.enable_chunked_encoding()
        await response.prepare(request)
        sent = 0
        for i in range(20):
            part = f"part {i} of twenty\n".encode()
            await response.write(part)
            sent += len(part)
        await response.write_eof()
        return response, sent
    status, body = (201, f"{received} bytes\n".encode()) if request.method in ("PUT", "POST") else (404, b"no\n")
    return web.Response(status=status, body=body), len(body)


async def handle(request):
    received = 0
    async for part in request.content.iter_any():
        received += len(part)
    port = request.transport.get_extra_info("peername")[1]
    response, sent = await answer(request, received)
    if request.method == "HEAD":
        sent = 0
    print(port, request.method, request.raw_path, response.status, sent, received, sep="\t", flush=True)
    return response


app = web.Application(client_max_size=1 << 30)
app.router.add_route("*", "/{path:.*}", handle)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None, keepalive_timeout=20)
