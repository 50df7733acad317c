// DNS messages made by hand: a builder, and one conversation that hands them to the session source.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/session/harness.hpp"

namespace weir::session::dns::test {

using event::side;
using nlohmann::json;
using session::test::fixed_identity;
using session::test::recorder;

inline std::string u16(unsigned n) { return {static_cast<char>(n >> 8 & 0xff), static_cast<char>(n & 0xff)}; }
inline std::string u32(std::uint32_t n) { return u16(n >> 16) + u16(n & 0xffff); }

/// "www.example.com" without escapes; "" or "." is the root.
inline std::string name(std::string_view text) {
    std::string out;
    while (!text.empty() && text != ".") {
        const std::string_view label = text.substr(0, text.find('.'));
        out.push_back(static_cast<char>(label.size()));
        out.append(label);
        text.remove_prefix(std::min(text.size(), label.size() + 1));
    }
    out.push_back('\0');
    return out;
}

inline std::string from_hex(std::string_view text) {
    std::string out;
    int high = -1;
    for (const char c : text) {
        if (c == ' ') continue;
        const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        if (high < 0) {
            high = digit;
            continue;
        }
        out.push_back(static_cast<char>(high << 4 | digit));
        high = -1;
    }
    return out;
}

constexpr unsigned is_response = 0x8000, recursion = 0x0100;

struct message_builder {
    unsigned id = 0x1234;
    unsigned flags = recursion;
    std::vector<std::string> questions;
    std::array<std::vector<std::string>, 3> records;

    message_builder& ask(std::string_view of, unsigned type, unsigned qclass = 1) {
        questions.push_back(name(of) + u16(type) + u16(qclass));
        return *this;
    }
    message_builder& answer(std::string_view owner, unsigned type, const std::string& data,
                            std::uint32_t ttl = 300, unsigned section = 0, unsigned rclass = 1) {
        flags |= is_response;
        records.at(section).push_back(name(owner) + u16(type) + u16(rclass) + u32(ttl) +
                                      u16(static_cast<unsigned>(data.size())) + data);
        return *this;
    }
    message_builder& rcode(unsigned code) {
        flags = (flags & ~0xfU) | is_response | code;
        return *this;
    }
    [[nodiscard]] std::string bytes() const {
        std::string out = u16(id) + u16(flags) + u16(static_cast<unsigned>(questions.size()));
        for (const auto& s : records) out += u16(static_cast<unsigned>(s.size()));
        for (const auto& q : questions) out += q;
        for (const auto& s : records)
            for (const auto& r : s) out += r;
        return out;
    }
};

inline std::string query(std::string_view of = "example.com", unsigned type = 1, unsigned id = 0x1234) {
    message_builder m;
    m.id = id;
    return m.ask(of, type).bytes();
}
inline std::string response(std::string_view of = "example.com", unsigned id = 0x1234, char last = 1) {
    message_builder m;
    m.id = id;
    return m.ask(of, 1).answer(of, 1, std::string("\x0a\0\0", 3) + last).bytes();
}
/// As over TCP.
inline std::string framed(const std::string& message) {
    return u16(static_cast<unsigned>(message.size())) + message;
}

/// Who stands on the ports that a test chooses.
class ends final : public flow::identity {
public:
    event::endpoint client;
    event::endpoint server;
    ends() {
        constexpr std::array<std::uint8_t, 4> here{10, 0, 0, 1}, there{10, 0, 0, 53};
        client = {common::ip_address::v4(here), 5000};
        server = {common::ip_address::v4(there), 53};
    }
    event::connection_ref ref() const override { return {1, "1:test", client, server}; }
    std::optional<common::nanoseconds> handshake() const override { return std::nullopt; }
    bool midstream() const override { return is_midstream; }
    void wake_at(std::optional<common::timestamp> at) const noexcept override { woken_at = at; }
    bool is_midstream = false;
    mutable std::optional<common::timestamp> woken_at;
};

/// One conversation of datagrams; each step takes a millisecond of capture time.
class datagram_wire {
public:
    explicit datagram_wire(session::limits most = {})
        : emitter_(recorder_, session::test::everything())
        , context_{emitter_, {}, count}
        , source_(make_source(context_, most)) {}
    ~datagram_wire() { drop(); }

    ends identity;
    counters count;
    std::int64_t now = 0;

    void use(flow::names& n) { context_.names = &n; }
    void say(side from, std::string_view message, std::size_t length = 0) {
        if (consumer_ == nullptr) consumer_ = source_->open_datagrams(identity);
        now += 1'000'000;
        consumer_->on_datagram(
            {from, common::as_bytes(message), length != 0 ? length : message.size(), {now}, ++packet_});
        wait(0);
    }
    void client(std::string_view message) { say(side::client, message); }
    void server(std::string_view message) { say(side::server, message); }
    /// Capture time goes on; what is due happens.
    void wait(std::int64_t nanoseconds) {
        now += nanoseconds;
        if (consumer_ == nullptr) return;
        while (consumer_->due() && consumer_->due()->since_epoch <= now) consumer_->on_due(*consumer_->due());
    }
    void close(event::close_reason why = event::close_reason::timeout) {
        if (consumer_ != nullptr) consumer_->on_close(why, {now});
        drop();
    }
    [[nodiscard]] std::vector<json> events(std::string_view name) const {
        std::vector<json> some;
        for (json& e : recorder_.events())
            if (e["event"] == name) some.push_back(e);
        return some;
    }
    [[nodiscard]] std::vector<json> exchanges() const { return events("dns.exchange"); }

private:
    void drop() {
        if (consumer_ != nullptr) source_->release(consumer_);
        consumer_ = nullptr;
    }

    recorder recorder_;
    event::emitter emitter_;
    context context_;
    std::unique_ptr<flow::session_source> source_;
    flow::datagram_consumer* consumer_ = nullptr;
    std::uint64_t packet_ = 0;
};

} // namespace weir::session::dns::test
