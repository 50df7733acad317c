// Differential test: Boost.Beast is the server of generated connections, agrees on compression by its own
// options, and reads the same frames.
#include <gtest/gtest.h>

#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <random>

#include "tests/session/websocket/harness.hpp"

namespace weir::session::test {
namespace {

namespace beast = boost::beast;

/// Messages, compressed or not, in frames of any size, with control frames between, and a close at the end.
std::string generated(std::mt19937& random, bool is_deflated, bool takes_over) {
    compressor pack(15, takes_over);
    std::string bytes;
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    for (std::size_t n = 1 + below(6); n > 0; --n) {
        const bool is_text = below(2) == 0;
        std::string payload;
        for (std::size_t i = below(3) == 0 ? below(5000) : below(150); i > 0; --i)
            payload.push_back(static_cast<char>(is_text ? 'a' + below(4) : below(256)));
        const bool is_compressed = is_deflated && below(4) != 0 && !payload.empty();
        if (is_compressed) payload = pack(payload);
        bool is_first = true;
        do {
            const std::size_t size = below(2) == 0 ? payload.size() : below(payload.size() + 1);
            const bool is_final = size == payload.size();
            const int code = !is_first ? 0 : is_text ? 1 : 2;
            bytes +=
                from_client({code, payload.substr(0, size), is_final, is_first && is_compressed ? 4 : 0});
            payload.erase(0, size);
            is_first = false;
            if (is_final) break;
            if (below(3) == 0) bytes += from_client({below(2) == 0 ? 9 : 10, std::string(below(126), 'p')});
        } while (true);
    }
    return bytes + from_client({8, close_payload(static_cast<unsigned>(3000 + below(2000)), "done")});
}

TEST(websocket_beast, reads_the_same_in_every_generated_connection) {
    std::mt19937 random(20261121);
    for (int round = 0; round < 300; ++round) {
        boost::asio::io_context loop;
        beast::websocket::stream<beast::test::stream> server(loop);
        beast::test::stream peer(loop);
        server.next_layer().connect(peer);
        beast::websocket::permessage_deflate options;
        options.server_enable = round % 3 != 0;
        options.client_no_context_takeover = round % 2 == 0;
        server.set_option(options);
        const std::string request = upgrade_request(options.server_enable ? offers_deflate : "");
        const std::string bytes = generated(random, options.server_enable, round % 2 != 0);
        peer.write_some(boost::asio::buffer(request));
        server.accept();
        const std::string response(peer.str());
        ASSERT_TRUE(response.starts_with("HTTP/1.1 101")) << response;
        // What Beast has room for it takes at once; nobody reads what it answers.
        peer.write_some(boost::asio::buffer(bytes));

        wire ours({.bodies = true});
        ours.client(request);
        ours.server(response);
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t size = 1 + random() % 700;
            ours.client(std::string_view(bytes).substr(at, size));
            at += size;
        }
        ours.close();
        std::vector<json> messages;
        for (const json& m : ours.events("websocket.message"))
            if (m["opcode"] == "text" || m["opcode"] == "binary") messages.push_back(m);

        std::size_t read = 0;
        beast::error_code error;
        for (;; ++read) {
            beast::flat_buffer buffer;
            server.read(buffer, error);
            if (error) break;
            ASSERT_LT(read, messages.size()) << round;
            const std::string payload = beast::buffers_to_string(buffer.data());
            const json& m = messages[read];
            ASSERT_EQ(m["opcode"], server.got_text() ? "text" : "binary") << round;
            ASSERT_EQ(m["size"], payload.size());
            if (m["data"].is_string()) {
                ASSERT_EQ(m["data"], payload) << round;
            }
            EXPECT_FALSE(m.contains("complete"));
        }
        EXPECT_EQ(error, beast::websocket::error::closed) << round << error.message();
        EXPECT_EQ(read, messages.size());
        const json end = ours.events("websocket.close").at(0);
        EXPECT_EQ(end["code"], server.reason().code);
        const auto& reason = server.reason().reason;
        EXPECT_EQ(end["reason"], std::string(reason.data(), reason.size()));
        EXPECT_TRUE(ours.events("anomaly").empty());
    }
}

} // namespace
} // namespace weir::session::test
