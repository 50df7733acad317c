// The Node server of tests/live/http_servers.py: one line a request on standard output.
'use strict';
const http = require('http');
const zlib = require('zlib');

const big = '0123456789'.repeat(100000);

function answer(request, response, received) {
    const path = request.url.split('?')[0];
    const say = (status, body, headers = {}) => {
        response.writeHead(status, {'Content-Length': Buffer.byteLength(body), ...headers});
        response.end(body);
        return Buffer.byteLength(body);
    };
    if (path === '/moved') return say(301, '', {Location: '/small'});
    if (path === '/big') return say(200, big);
    if (path === '/gz') return say(200, zlib.gzipSync(big), {'Content-Encoding': 'gzip'});
    if (path === '/small' || path.startsWith('/n/')) return say(200, 'small\n');
    if (path === '/empty') {
        response.writeHead(204).end();
        return 0;
    }
    if (path === '/chunked') {
        let sent = 0;
        for (let i = 0; i < 20; ++i) {
            const part = `part ${i} of twenty\n`;
            response.write(part);
            sent += part.length;
        }
        response.end();
        return sent;
    }
    if (request.method === 'PUT' || request.method === 'POST') return say(201, `${received} bytes\n`);
    return say(404, 'no\n');
}

const server = http.createServer((request, response) => {
    let received = 0;
    request.on('data', (part) => { received += part.length; });
    request.on('end', () => {
        let sent = answer(request, response, received);
        if (request.method === 'HEAD') sent = 0;
        const said = [request.socket.remotePort, request.method, request.url, response.statusCode, sent, received];
        process.stdout.write(said.join('\t') + '\n');
    });
});
server.keepAliveTimeout = 20000;
server.listen(Number(process.argv[2]), '127.0.0.1');
