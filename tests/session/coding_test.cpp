// Bodies with content codings: decoded as they stream, cut at limits, kept as they are where the coding is
// not true.
#include <gtest/gtest.h>

#include <brotli/encode.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>
#include <stdexcept>

#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

constexpr int gzip_window = MAX_WBITS + 16, zlib_window = MAX_WBITS, raw_window = -MAX_WBITS;

std::string deflated(std::string text, int window) {
    z_stream z{};
    if (deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflateInit2");
    std::vector<unsigned char> in(text.begin(), text.end());
    std::vector<unsigned char> out(deflateBound(&z, in.size()) + 64);
    z.next_in = in.data();
    z.avail_in = static_cast<uInt>(in.size());
    z.next_out = out.data();
    z.avail_out = static_cast<uInt>(out.size());
    deflate(&z, Z_FINISH);
    const std::size_t size = z.total_out;
    deflateEnd(&z);
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

std::string gzipped(const std::string& text) { return deflated(text, gzip_window); }

std::string brotlied(const std::string& text) {
    const std::vector<std::uint8_t> in(text.begin(), text.end());
    std::size_t size = BrotliEncoderMaxCompressedSize(in.size()) + 64;
    std::vector<std::uint8_t> out(size);
    BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, in.size(), in.data(), &size, out.data());
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

std::string zstded(const std::string& text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
}

const std::string text = [] {
    std::string t;
    for (int i = 0; i < 3000; ++i) t += "line " + std::to_string(i * 7919) + "\n";
    return t;
}();

std::string lzmaed(const std::string& plain) {
    lzma_options_lzma options;
    lzma_lzma_preset(&options, 1);
    lzma_stream z = LZMA_STREAM_INIT;
    std::vector<std::uint8_t> in(plain.begin(), plain.end()), out(plain.size() + 1000);
    if (lzma_alone_encoder(&z, &options) != LZMA_OK) throw std::runtime_error("lzma_alone_encoder");
    z.next_in = in.data();
    z.avail_in = in.size();
    z.next_out = out.data();
    z.avail_out = out.size();
    if (lzma_code(&z, LZMA_FINISH) != LZMA_STREAM_END) throw std::runtime_error("lzma_code");
    const auto size = static_cast<std::ptrdiff_t>(z.total_out);
    lzma_end(&z);
    return {out.begin(), out.begin() + size};
}

/// What compress(1) made of `text`.
std::string compressed() {
    std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/tests/session/data/numbers.Z", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string head(std::string_view fields, std::size_t size) {
    return std::string("HTTP/1.1 200 OK\r\n")
        .append(fields)
        .append("Content-Length: ")
        .append(std::to_string(size))
        .append("\r\n\r\n");
}

/// The exchange of a response with `fields`, its body told in pieces of `step` bytes.
json told(std::string_view fields, const std::string& body, std::size_t step = 1000,
          options asked = {.bodies = true}, limits most = {}) {
    wire w(asked, most);
    w.client("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server(head(fields, body.size()));
    for (std::size_t at = 0; at < body.size(); at += step) w.server(std::string_view(body).substr(at, step));
    return w.exchanges().at(0);
}

struct coding_case {
    std::string fields;
    std::string body;
};

std::vector<coding_case> coding_cases() {
    return {
        {"Content-Encoding: gzip\r\n", gzipped(text)},
        {"Content-Encoding: x-gzip\r\n", gzipped(text)},
        {"Content-Encoding: GZIP\r\n", gzipped(text)},
        {"Content-Encoding: deflate\r\n", deflated(text, zlib_window)},
        {"Content-Encoding: deflate\r\n", deflated(text, raw_window)},
        {"Content-Encoding: br\r\n", brotlied(text)},
        {"Content-Encoding: zstd\r\n", zstded(text)},
        {"Content-Encoding: compress\r\n", compressed()},
        {"Content-Encoding: lzma\r\n", lzmaed(text)},
        {"Content-Encoding: gzip, br\r\n", brotlied(gzipped(text))},
        {"Content-Encoding: deflate\r\nContent-Encoding: gzip\r\n", gzipped(deflated(text, zlib_window))},
        {"Content-Encoding: identity, gzip\r\n", gzipped(text)},
        {"Content-Encoding: gzip\r\n", gzipped(text.substr(0, 5000)) + gzipped(text.substr(5000))},
        {"Content-Encoding: zstd\r\n", zstded(text.substr(0, 5000)) + zstded(text.substr(5000))},
    };
}

TEST(coding, every_coding_is_undone_in_pieces_of_any_size) {
    for (const coding_case& c : coding_cases()) {
        for (const std::size_t step :
             {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1460}, std::size_t{1} << 20}) {
            const json e = told(c.fields, c.body, step);
            const json& body = e["response"]["body"];
            EXPECT_EQ(body["size"], c.body.size());
            EXPECT_EQ(body["decoded_size"], text.size()) << c.fields << step;
            EXPECT_EQ(body["data"], text);
            EXPECT_FALSE(body.contains("truncated"));
            EXPECT_FALSE(e.contains("anomalies"));
        }
    }
}

TEST(coding, data_is_cut_at_the_limit_but_counted_to_the_end) {
    const json body = told("Content-Encoding: gzip\r\n", gzipped(text), 100,
                           {.bodies = true, .body_limit = 10})["response"]["body"];
    EXPECT_EQ(body["data"], text.substr(0, 10));
    EXPECT_EQ(body["truncated"], true);
    EXPECT_EQ(body["decoded_size"], text.size());
}

TEST(coding, a_body_without_coding_is_cut_as_well) {
    const json body = told("", text, 100, {.bodies = true, .body_limit = 10})["response"]["body"];
    EXPECT_EQ(body["data"], text.substr(0, 10));
    EXPECT_EQ(body["truncated"], true);
    EXPECT_FALSE(body.contains("decoded_size"));
}

TEST(coding, nothing_is_kept_unless_bodies_are_asked_for) {
    EXPECT_EQ(told("Content-Encoding: gzip\r\n", gzipped(text), 1000, {})["response"]["body"].size(), 1U);
}

TEST(coding, garbage_stays_as_it_was) {
    const std::string garbage = "this is no gzip at all";
    const json e = told("Content-Encoding: gzip\r\n", garbage, 3);
    EXPECT_EQ(e["response"]["body"]["data"], garbage);
    EXPECT_FALSE(e["response"]["body"].contains("decoded_size"));
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.content_coding_invalid"});
}

TEST(coding, one_that_was_named_but_not_applied_is_left_out) {
    const json e = told("Content-Encoding: gzip, gzip\r\n", gzipped(text));
    EXPECT_EQ(e["response"]["body"]["data"], text);
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.content_coding_invalid"});
}

TEST(coding, what_came_before_a_broken_byte_is_kept) {
    std::string body = gzipped(text);
    body[body.size() - 6] = static_cast<char>(~body[body.size() - 6]); // the checksum
    const json e = told("Content-Encoding: gzip\r\n", body);
    EXPECT_EQ(e["response"]["body"]["data"], text);
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.content_coding_invalid"});
}

TEST(coding, one_that_ends_early_says_so) {
    const std::string body = gzipped(text);
    const json e = told("Content-Encoding: gzip\r\n", body.substr(0, body.size() / 2));
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.content_coding_cut_short"});
    EXPECT_TRUE(text.starts_with(e["response"]["body"]["data"].get<std::string>()));
}

TEST(coding, bytes_behind_the_end_are_left_out) {
    const json e = told("Content-Encoding: gzip\r\n", gzipped(text) + "trailing");
    EXPECT_EQ(e["response"]["body"]["data"], text);
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.content_coding_trailing_data"});
}

TEST(coding, decoding_stops_at_its_limits) {
    limits most;
    most.of<http::application>().decoded_bytes = 5000;
    json e = told("Content-Encoding: gzip\r\n", gzipped(text), 100, {.bodies = true}, most);
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.decoded_limit"});
    EXPECT_EQ(e["response"]["body"]["truncated"], true);
    EXPECT_FALSE(e["response"]["body"].contains("decoded_size"));

    most = {};
    most.of<http::application>().decode_ratio = 10;
    most.of<http::application>().decode_ratio_from = 1000;
    e = told("Content-Encoding: gzip\r\n", gzipped(std::string(1 << 20, 'a')), 100, {.bodies = true}, most);
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.decoded_limit"});
    EXPECT_LT(e["response"]["body"]["data"].get<std::string>().size(), 100'000U);
}

TEST(coding, too_many_are_not_undone) {
    limits most;
    most.of<http::application>().codings = 1;
    const std::string body = gzipped(gzipped(text));
    const json e = told("Content-Encoding: gzip, gzip\r\n", body, 1000, {.bodies = true}, most);
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.coding_limit"});
    EXPECT_FALSE(e["response"]["body"].contains("decoded_size"));
}

TEST(coding, a_hole_ends_what_can_be_decoded) {
    const std::string body = gzipped(text);
    wire w({.bodies = true});
    w.client("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server(head("Content-Encoding: gzip\r\n", body.size()));
    w.server(std::string_view(body).substr(0, 1000));
    w.lose(side::server, 100);
    w.server(std::string_view(body).substr(1100));
    const json b = w.exchanges().at(0)["response"]["body"];
    EXPECT_EQ(b["size"], body.size() - 100);
    EXPECT_FALSE(b.contains("truncated")) << "no limit was reached";
    EXPECT_FALSE(b.contains("decoded_size"));
    EXPECT_TRUE(text.starts_with(b["data"].get<std::string>()));
}

/// From coreutils' sha256sum.
constexpr std::string_view sha256_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(hash, is_of_the_decoded_bytes_however_they_come) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{1000}}) {
        const json plain = told("", "abc", step, {.body_hash = true})["response"]["body"];
        EXPECT_EQ(plain.dump(), json({{"size", 3}, {"sha256", sha256_of_abc}}).dump());
        const json packed = told("Content-Encoding: gzip\r\n", gzipped("abc"), step, {.body_hash = true});
        EXPECT_EQ(packed["response"]["body"]["sha256"], sha256_of_abc);
        EXPECT_FALSE(packed["response"]["body"].contains("data")) << "only --bodies writes them";
        EXPECT_FALSE(packed["response"]["body"].contains("truncated"));
    }
    const options cut{.bodies = true, .body_limit = 1, .body_hash = true};
    const json body = told("", "abc", 1, cut)["response"]["body"];
    EXPECT_EQ(body["sha256"], sha256_of_abc) << "the limit of --bodies is none of the hash";
    EXPECT_EQ(body["data"], "a");
    EXPECT_FALSE(told("", "abc")["response"]["body"].contains("sha256")) << "nobody asked";
}

TEST(hash, is_none_where_bytes_are_missing_or_not_decoded) {
    const std::string body = gzipped(text);
    wire w({.body_hash = true});
    w.client("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server(head("", 10) + "abc");
    w.lose(side::server, 3);
    w.server("abcd");
    EXPECT_FALSE(w.exchanges().at(0)["response"]["body"].contains("sha256"));
    std::string broken = body;
    broken[body.size() - 6] = static_cast<char>(~broken[body.size() - 6]);
    const json invalid = told("Content-Encoding: gzip\r\n", broken, 1000, {.body_hash = true});
    EXPECT_FALSE(invalid["response"]["body"].contains("sha256"));
    limits most;
    most.of<http::application>().decoded_bytes = 5000;
    const json bomb = told("Content-Encoding: gzip\r\n", body, 100, {.body_hash = true}, most);
    EXPECT_FALSE(bomb["response"]["body"].contains("sha256"));
    EXPECT_EQ(bomb["response"]["body"]["truncated"], true);
}

/// Every coding with a body that becomes far larger: it ends at the limits and says so.
TEST(coding, bombs_are_truncated_and_hold_no_more_than_the_limit) {
    const std::string zeros(32 * 1024 * 1024, '\0');
    const std::pair<std::string, std::string> bombs[] = {{"gzip", gzipped(zeros)},
                                                         {"deflate", deflated(zeros, zlib_window)},
                                                         {"br", brotlied(zeros)},
                                                         {"zstd", zstded(zeros)},
                                                         {"gzip, gzip", gzipped(gzipped(zeros))},
                                                         {"lzma", lzmaed(zeros)},
                                                         {"br, gzip", gzipped(brotlied(zeros))}};
    for (const auto& [name, bomb] : bombs) {
        SCOPED_TRACE(name);
        limits most;
        most.of<http::application>().decoded_bytes = 8 * 1024 * 1024;
        const json e = told("Content-Encoding: " + name + "\r\n", bomb, 1460,
                            {.bodies = true, .body_limit = 1000, .body_hash = true}, most);
        EXPECT_EQ(codes(e), std::vector<std::string>{"http.decoded_limit"});
        const json& body = e["response"]["body"];
        EXPECT_EQ(body["truncated"], true);
        EXPECT_EQ(body["data"].get<std::string>().size(), 1000U);
        EXPECT_FALSE(body.contains("sha256"));
        EXPECT_EQ(e["response"]["complete"], true) << "every byte of it was seen";
    }
}

TEST(coding, all_bodies_together_keep_no_more_than_the_limit) {
    limits most;
    most.of<http::application>().kept_bytes = 10;
    wire w({.bodies = true}, most);
    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    w.client("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabcdef");
    w.server(head("", 8) + "ABCDEFGH");
    const json both = w.exchanges().at(0);
    EXPECT_EQ(both["request"]["body"]["data"], "abcdef");
    EXPECT_EQ(both["response"]["body"]["data"], "ABCD");
    EXPECT_EQ(both["response"]["body"]["truncated"], true);
    EXPECT_EQ(codes(both), std::vector<std::string>{"http.kept_limit"});
    w.client(get);
    w.server(head("", 10) + "ABCDEFGHIJ");
    EXPECT_EQ(w.exchanges().at(1)["response"]["body"]["data"], "ABCDEFGHIJ") << "there is room again";
}

TEST(coding, transfer_codings_are_undone_too) {
    const std::string body = gzipped(text);
    char size[32];
    std::snprintf(size, sizeof size, "%zx", body.size());
    wire w({.bodies = true});
    w.client("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + std::string(size) + "\r\n" +
             body + "\r\n0\r\n\r\n");
    EXPECT_EQ(w.exchanges().at(0)["response"]["body"]["data"], text);
}

/// A body that is said to be in a coding, undone; `odd` where that must not go without an anomaly.
std::string decoded(const std::string& name, const std::string& body, std::string_view odd,
                    std::size_t step = 1000) {
    const json e = told("Content-Encoding: " + name + "\r\n", body, step);
    EXPECT_EQ(codes(e), std::vector<std::string>{std::string(odd)}) << name;
    const json& data = e["response"]["body"]["data"];
    return data.is_string() ? data.get<std::string>() : data.dump();
}

TEST(coding, compress_that_is_none_is_kept_as_it_is) {
    EXPECT_EQ(decoded("compress", "plain", "http.content_coding_invalid"), "plain");
    EXPECT_EQ(decoded("compress", "\x1f\x9d", "http.content_coding_cut_short"), "");
}

TEST(coding, gzip_heads_are_read_as_browsers_do) {
    constexpr std::string_view odd = "http.content_coding_odd";
    std::string body = gzipped(text);
    body[3] = '\x40'; // a reserved flag
    EXPECT_EQ(decoded("gzip", body, odd), text);
    body = gzipped(text);
    body[3] = '\x1e'; // all parts of a head, and a wrong checksum of it
    body.insert(10, std::string("\x03\x00xyz", 5) + std::string("name\0comment\0", 13) + "??");
    for (const std::size_t step : {std::size_t{100'000}, std::size_t{1}})
        EXPECT_EQ(decoded("gzip", body, odd, step), text);
    EXPECT_EQ(decoded("deflate", gzipped(text), odd), text);
}

TEST(coding, names_of_odd_spelling_are_tried) {
    constexpr std::string_view misspelt = "http.content_coding_misspelt";
    EXPECT_EQ(decoded("x gzip", gzipped(text), misspelt), text);
    EXPECT_EQ(decoded("gzip2", gzipped(text), misspelt), text);
}

} // namespace
} // namespace weir::session::test
