// Differential test: Boost.Beast reads the same well-formed messages.
#include <gtest/gtest.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "tests/session/generator.hpp"
#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

namespace beast = boost::beast;

template <bool IsRequest>
beast::http::message<IsRequest, beast::http::string_body> beast_reads(const std::string& bytes) {
    beast::http::parser<IsRequest, beast::http::string_body> parser;
    parser.eager(true);
    beast::error_code error;
    for (std::size_t at = 0; at < bytes.size() && !error && !parser.is_done();)
        at += parser.put(boost::asio::buffer(bytes.data() + at, bytes.size() - at), error);
    EXPECT_FALSE(error) << error.message();
    EXPECT_TRUE(parser.is_done());
    return parser.release();
}

template <class Message>
void expect_same_fields(const json& ours, const Message& theirs) {
    std::size_t i = 0;
    for (const auto& field : theirs) {
        if (field.name_string() == "X-Trailer") continue; // Beast joins trailers with the fields of the head
        ASSERT_LT(i, ours.size());
        EXPECT_EQ(ours[i][0], std::string(field.name_string()));
        EXPECT_EQ(ours[i][1], std::string(field.value()));
        ++i;
    }
    EXPECT_EQ(i, ours.size());
}

/// Beast keeps fields of one name together: so does a stable sort of ours by first appearance.
json grouped(const json& fields) {
    json out = json::array();
    std::vector<std::string> names;
    const auto lower = [](std::string s) {
        for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return s;
    };
    for (const json& f : fields) {
        const std::string name = lower(f[0]);
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    for (const std::string& name : names)
        for (const json& f : fields)
            if (lower(f[0]) == name) out.push_back(f);
    return out;
}

TEST(beast, reads_the_same_in_every_generated_message) {
    generator make(7);
    for (int round = 0; round < 500; ++round) {
        SCOPED_TRACE(round);
        const made_message request = make.make(true), response = make.make(false);
        const auto their_request = beast_reads<true>(request.bytes);
        const auto their_response = beast_reads<false>(response.bytes);
        wire w({.bodies = false, .raw_headers = true});
        w.client(request.bytes);
        w.server(response.bytes);
        const json e = w.exchanges().at(0);
        EXPECT_EQ(e["request"]["method"], std::string(their_request.method_string()));
        EXPECT_EQ(e["request"]["target"], std::string(their_request.target()));
        EXPECT_EQ(e["request"]["body"]["size"], their_request.body().size());
        EXPECT_EQ(e["response"]["status"], their_response.result_int());
        EXPECT_EQ(e["response"]["body"]["size"], their_response.body().size());
        expect_same_fields(grouped(e["request"]["raw_headers"]), their_request);
        expect_same_fields(grouped(e["response"]["raw_headers"]), their_response);
    }
}

} // namespace
} // namespace weir::session::test
