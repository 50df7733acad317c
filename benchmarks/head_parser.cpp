// How fast heads are read: the head parser and llhttp on the same heads of 300 to 800 bytes, each keeping
// where method, target, status, reason and every field name and value stand. Google Benchmark; CPU time.
//
//   build/release/benchmarks/head_parser --benchmark_repetitions=20 --benchmark_report_aggregates_only=true
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <llhttp/llhttp.h>

#include "common/check.hpp"
#include "session/http/head_parser.hpp"

namespace weir::session::http {
namespace {

struct head {
    message_kind kind;
    std::string text;
    std::size_t fields;
};

/// What browsers, libraries and servers send.
const std::vector<head>& heads() {
    static const std::vector<head> all{
        {message_kind::request,
         "GET /assets/application-3f1c2b7d9e.css?v=20260102 HTTP/1.1\r\n"
         "Host: www.example.com\r\n"
         "Connection: keep-alive\r\n"
         "sec-ch-ua: \"Chromium\";v=\"120\", \"Not?A_Brand\";v=\"8\"\r\n"
         "sec-ch-ua-mobile: ?0\r\n"
         "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/120.0.0.0 "
         "Safari/537.36\r\n"
         "sec-ch-ua-platform: \"Linux\"\r\n"
         "Accept: text/css,*/*;q=0.1\r\n"
         "Sec-Fetch-Site: same-origin\r\n"
         "Sec-Fetch-Mode: no-cors\r\n"
         "Sec-Fetch-Dest: style\r\n"
         "Referer: https://www.example.com/index.html\r\n"
         "Accept-Encoding: gzip, deflate, br\r\n"
         "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
         "Cookie: session=0d9f8c7b6a5e4d3c2b1a; theme=dark; consent=1\r\n\r\n",
         14},
        {message_kind::request,
         "POST /api/v2/orders/178231/items?expand=price HTTP/1.1\r\n"
         "Host: api.example.com:8443\r\n"
         "User-Agent: python-requests/2.28.1\r\n"
         "Accept-Encoding: gzip, deflate, br\r\n"
         "Accept: application/json\r\n"
         "Connection: keep-alive\r\n"
         "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N\r\n"
         "Content-Type: application/json\r\n"
         "X-Request-Id: 7d4b5c1e-93a2-4f7e-8d11-2a6f0c9b8e44\r\n"
         "Content-Length: 164\r\n\r\n",
         9},
        {message_kind::response,
         "HTTP/1.1 200 OK\r\n"
         "Server: nginx/1.22.1\r\n"
         "Date: Fri, 02 Jan 2026 03:04:05 GMT\r\n"
         "Content-Type: text/html; charset=utf-8\r\n"
         "Content-Length: 18231\r\n"
         "Last-Modified: Thu, 01 Jan 2026 10:00:00 GMT\r\n"
         "Connection: keep-alive\r\n"
         "Vary: Accept-Encoding\r\n"
         "ETag: \"65927e90-4737\"\r\n"
         "Cache-Control: public, max-age=3600\r\n"
         "Accept-Ranges: bytes\r\n\r\n",
         10},
        {message_kind::response,
         "HTTP/1.1 200 OK\r\n"
         "Date: Fri, 02 Jan 2026 03:04:05 GMT\r\n"
         "Content-Type: application/json; charset=utf-8\r\n"
         "Transfer-Encoding: chunked\r\n"
         "Connection: keep-alive\r\n"
         "X-Powered-By: Express\r\n"
         "Set-Cookie: session=0d9f8c7b6a5e4d3c2b1a; Path=/; Expires=Sat, 03 Jan 2026 03:04:05 GMT; HttpOnly; "
         "Secure; SameSite=Lax\r\n"
         "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n"
         "Content-Security-Policy: default-src 'self'; img-src 'self' data:; script-src 'self'\r\n"
         "X-Content-Type-Options: nosniff\r\n"
         "X-Frame-Options: SAMEORIGIN\r\n"
         "Referrer-Policy: strict-origin-when-cross-origin\r\n"
         "Content-Encoding: gzip\r\n"
         "Vary: Accept-Encoding, Origin\r\n"
         "Cache-Control: private, no-cache, no-store, must-revalidate\r\n\r\n",
         14},
    };
    return all;
}

std::int64_t bytes_of_all() {
    std::size_t n = 0;
    for (const head& h : heads()) n += h.text.size();
    return static_cast<std::int64_t>(n);
}

void ours(benchmark::State& state) {
    message m;
    head_parser parser;
    const position where{};
    for (auto _ : state) {
        for (const head& h : heads()) {
            m.clear(h.kind, 1 << 20);
            parser.begin(false, 0, 0);
            const head_parser::result r = parser.parse(h.text, m, where, 1024);
            benchmark::DoNotOptimize(m.fields.data());
            common::check(r == head_parser::result::done && m.fields.size() == h.fields &&
                              parser.consumed() == h.text.size() && m.notes.found.empty(),
                          "each head is read whole");
        }
    }
    state.SetBytesProcessed(state.iterations() * bytes_of_all());
}
BENCHMARK(ours)->Name("weir");

/// What llhttp tells, kept as ours is.
struct told {
    const char* begin = nullptr;
    std::vector<field_piece> fields;
    piece method, target, reason, version;
    bool complete = false;

    static told& of(llhttp_t* p) { return *static_cast<told*>(p->data); }
    [[nodiscard]] piece at(const char* from, std::size_t size) const {
        return make_piece(static_cast<std::size_t>(from - begin), size);
    }
};

void theirs(benchmark::State& state) {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_method = [](llhttp_t* p, const char* at, std::size_t n) {
        told::of(p).method = told::of(p).at(at, n);
        return 0;
    };
    s.on_version = [](llhttp_t* p, const char* at, std::size_t n) {
        told::of(p).version = told::of(p).at(at, n);
        return 0;
    };
    s.on_url = [](llhttp_t* p, const char* at, std::size_t n) {
        told::of(p).target = told::of(p).at(at, n);
        return 0;
    };
    s.on_status = [](llhttp_t* p, const char* at, std::size_t n) {
        told::of(p).reason = told::of(p).at(at, n);
        return 0;
    };
    s.on_header_field = [](llhttp_t* p, const char* at, std::size_t n) {
        told::of(p).fields.push_back({told::of(p).at(at, n), {}});
        return 0;
    };
    s.on_header_value = [](llhttp_t* p, const char* at, std::size_t n) {
        told::of(p).fields.back().value = told::of(p).at(at, n);
        return 0;
    };
    s.on_headers_complete = [](llhttp_t* p) {
        told::of(p).complete = true;
        return 0;
    };
    told t;
    for (auto _ : state) {
        for (const head& h : heads()) {
            t.fields.clear();
            t.begin = h.text.data();
            t.complete = false;
            llhttp_t parser;
            llhttp_init(&parser, h.kind == message_kind::request ? HTTP_REQUEST : HTTP_RESPONSE, &s);
            parser.data = &t;
            const llhttp_errno_t r = llhttp_execute(&parser, h.text.data(), h.text.size());
            benchmark::DoNotOptimize(t.fields.data());
            common::check(r == HPE_OK && t.complete && t.fields.size() == h.fields,
                          "each head is read whole");
        }
    }
    state.SetBytesProcessed(state.iterations() * bytes_of_all());
}
BENCHMARK(theirs)->Name("llhttp");

} // namespace
} // namespace weir::session::http

BENCHMARK_MAIN();
