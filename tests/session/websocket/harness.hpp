// What the tests of WebSocket share: frames and compressed messages as endpoints write them, the handshake,
// and a conversation's events in short.
#pragma once

#include <zlib.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/session/harness.hpp"

namespace weir::session::test {

struct frame {
    int code = 1;
    std::string payload;
    bool is_final = true;
    int reserved = 0; ///< RSV1 is 4
};

inline const std::string mask = "\x37\xfa\x21\x3d";

/// As RFC 6455 section 5.2 has it, in the shortest form; clients mask.
inline std::string bytes_of(const frame& f, bool is_masked) {
    std::string out;
    const auto put = [&](std::uint64_t n, int bytes) {
        for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(n >> (8 * i) & 0xff));
    };
    const std::uint64_t masked = is_masked ? 0x80 : 0;
    put((f.is_final ? 0x80U : 0U) | static_cast<unsigned>(f.reserved) << 4 | static_cast<unsigned>(f.code),
        1);
    if (f.payload.size() < 126) {
        put(masked | f.payload.size(), 1);
    } else if (f.payload.size() <= 0xffff) {
        put(masked | 126, 1);
        put(f.payload.size(), 2);
    } else {
        put(masked | 127, 1);
        put(f.payload.size(), 8);
    }
    if (!is_masked) return out + f.payload;
    out += mask;
    for (std::size_t i = 0; i < f.payload.size(); ++i)
        out.push_back(static_cast<char>(f.payload[i] ^ mask[i % mask.size()]));
    return out;
}
inline std::string from_client(const frame& f) { return bytes_of(f, true); }
inline std::string from_server(const frame& f) { return bytes_of(f, false); }
inline std::string from(side s, const frame& f) { return bytes_of(f, s == side::client); }

inline frame text(std::string payload) { return {1, std::move(payload)}; }
inline std::string close_payload(unsigned code, std::string_view reason = {}) {
    return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)} + std::string(reason);
}

/// Compresses messages as RFC 7692 section 7.2.1 says.
class compressor {
public:
    explicit compressor(int window_bits = 15, bool takes_over = true)
        : takes_over_(takes_over) {
        // zlib makes of 8 bits 9, which a window of 8 could not read.
        deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -std::max(window_bits, 9), 8,
                     Z_DEFAULT_STRATEGY);
    }
    ~compressor() { deflateEnd(&stream_); }
    compressor(const compressor&) = delete;
    compressor& operator=(const compressor&) = delete;

    std::string operator()(std::string_view message, int flush = Z_SYNC_FLUSH) {
        std::string in(message), out(message.size() * 2 + 100, '\0');
        stream_.next_in = reinterpret_cast<Bytef*>(in.data());
        stream_.avail_in = static_cast<uInt>(in.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        deflate(&stream_, flush);
        out.resize(out.size() - stream_.avail_out);
        if (flush == Z_SYNC_FLUSH) out.resize(out.size() - 4);
        if (!takes_over_) deflateReset(&stream_);
        return out;
    }

private:
    z_stream stream_{};
    bool takes_over_;
};

inline frame compressed(std::string payload, int code = 1) { return {code, std::move(payload), true, 4}; }

/// The key and its answer are RFC 6455's own (section 1.3).
inline std::string upgrade_request(std::string_view extensions = {}, std::string_view more = {}) {
    std::string head = "GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\n"
                       "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (!extensions.empty()) head.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n");
    return head.append(more).append("\r\n");
}
inline std::string upgrade_response(std::string_view extensions = {}, std::string_view more = {}) {
    std::string head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                       "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    if (!extensions.empty()) head.append("Sec-WebSocket-Extensions: ").append(extensions).append("\r\n");
    return head.append(more).append("\r\n");
}
inline const std::string offers_deflate = "permessage-deflate; client_max_window_bits";

/// A connection on which both have said the handshake.
class conversation : public wire {
public:
    explicit conversation(std::string_view extensions = {}, options asked = {}, limits most = {})
        : wire(asked, most) {
        client(upgrade_request(extensions.empty() ? "" : offers_deflate));
        server(upgrade_response(extensions));
    }
    void say_frame(side s, const frame& f) { say(s, from(s, f)); }
    [[nodiscard]] std::vector<json> messages() const { return events("websocket.message"); }
    [[nodiscard]] json ending() const {
        const std::vector<json> all = events("websocket.close");
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? json() : all.front();
    }
    [[nodiscard]] std::vector<std::string> anomalies() const {
        std::vector<std::string> all;
        for (const json& e : events("anomaly")) all.push_back(e["code"]);
        return all;
    }
};

/// `client text "hello"`, with what is special behind it; without the number, which depends on the order.
inline std::string short_form(const json& e) {
    std::string form = e["side"].get<std::string>() + " " + e["opcode"].get<std::string>() + " " +
                       e.value("data", json()).dump();
    if (e.contains("compressed")) form += " compressed";
    if (e.value("frames", 0) != 1) form += " frames " + e["frames"].dump();
    const json data = e.value("data", json());
    if (e.contains("size") && !(data.is_string() && e["size"] == data.get<std::string>().size()))
        form += " size " + e["size"].dump();
    for (const char* member : {"complete", "truncated", "ended"})
        if (e.contains(member)) form += std::string(" ") + member + " " + e[member].dump();
    if (e.contains("missing")) form += " missing";
    for (const std::string& code : codes(e)) form += " " + code;
    return form;
}
inline std::vector<std::string> short_forms(const std::vector<json>& events) {
    std::vector<std::string> all;
    for (const json& e : events) all.push_back(short_form(e));
    return all;
}

using lines = std::vector<std::string>;

} // namespace weir::session::test
