// Well-formed messages by chance, the same for the same seed: what the differential tests feed to every
// parser.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::session::test {

struct made_message {
    bool is_request = true;
    std::string method, target, reason;
    int status = 0;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
    std::string bytes;
};

class generator {
public:
    explicit generator(unsigned seed)
        : random_(seed) {}

    /// Never HEAD or CONNECT, never a status without a body: their framing depends on the other side.
    made_message make(bool is_request) {
        made_message m;
        m.is_request = is_request;
        if (is_request) {
            m.method = pick({"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "M-SEARCH"});
            m.target = pick({"/", "/a/b", "/search?q=1&r=%20", "/\xc3\xa4", "http://example.com/x", "/;p=1,2",
                             "/\"quoted\""});
            m.bytes = m.method + " " + m.target + " HTTP/1.1\r\n";
        } else {
            m.status = 200 + number(0, 3) * 100 + number(5, 9);
            m.reason = pick({"OK", "Not Found", "", "A longer reason", "Gr\xc3\xbc\xc3\x9f"});
            m.bytes = "HTTP/1.1 " + std::to_string(m.status) + " " + m.reason + "\r\n";
        }
        field(m, "Host", "example.com");
        for (int i = number(0, 6); i > 0; --i)
            field(m, pick({"Accept", "X-Test", "cookie", "VIA", "x_under", "A!b#c"}), value());
        for (int i = number(0, 400); i > 0; --i) m.body.push_back(static_cast<char>(number(0, 255)));
        if (number(0, 1) == 0)
            chunked(m);
        else
            plain(m);
        return m;
    }

private:
    int number(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    std::string pick(std::vector<std::string> from) {
        return from[static_cast<std::size_t>(number(0, static_cast<int>(from.size()) - 1))];
    }

    std::string value() {
        std::string v;
        for (int i = number(0, 40); i > 0; --i) v.push_back(static_cast<char>(number(0x21, 0x7e)));
        return v;
    }

    void field(made_message& m, const std::string& name, const std::string& text) {
        m.fields.emplace_back(name, text);
        m.bytes += name + ":" + pick({"", " ", "  ", "\t"}) + text + pick({"", " ", "  "}) + "\r\n";
    }

    void plain(made_message& m) {
        field(m, pick({"Content-Length", "content-length"}), std::to_string(m.body.size()));
        m.bytes += "\r\n" + m.body;
    }

    void chunked(made_message& m) {
        field(m, "Transfer-Encoding", pick({"chunked", "Chunked"}));
        m.bytes += "\r\n";
        for (std::size_t at = 0; at < m.body.size();) {
            const std::string piece = m.body.substr(at, static_cast<std::size_t>(number(1, 90)));
            char size[20];
            std::snprintf(size, sizeof size, number(0, 1) == 0 ? "%zx" : "%03zX", piece.size());
            m.bytes += size + pick({"", "", ";a=b", ";x=\"y z\"", ";flag"}) + "\r\n" + piece + "\r\n";
            at += piece.size();
        }
        m.bytes += "0\r\n" + pick({"", "", "X-Trailer: 1\r\n"}) + "\r\n";
    }

    std::mt19937 random_;
};

} // namespace weir::session::test
