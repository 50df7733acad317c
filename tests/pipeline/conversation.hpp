// A TCP conversation as capture records, assembled from the protocol declarations.
#pragma once

#include <string_view>
#include <vector>

#include "common/record.hpp"
#include "tests/protocol/frames.hpp"

namespace weir::pipeline::test {

using protocol::test::bytes;

class conversation {
public:
    explicit conversation(std::uint16_t client_port = 40000,
                          common::timestamp start = {1'767'323'045'000'000'000},
                          common::nanoseconds step = {1'000'000})
        : client_port_(client_port)
        , now_(start)
        , step_(step) {}

    struct frame {
        common::timestamp ts;
        bytes data;
        [[nodiscard]] common::record record() const {
            common::record r;
            r.ts = ts;
            r.link_type = 1;
            r.original_length = static_cast<std::uint32_t>(data.size());
            r.data = data;
            return r;
        }
    };

    std::vector<frame> frames;

    void open() {
        send(true, protocol::tcp_flag::syn, "");
        ++seq_[0];
        send(false, protocol::tcp_flag::syn | protocol::tcp_flag::ack, "");
        ++seq_[1];
        send(true, protocol::tcp_flag::ack, "");
    }
    void request(std::string_view text) { data(true, text); }
    void response(std::string_view text) { data(false, text); }
    /// The last frame was not captured.
    void lose() { frames.pop_back(); }
    void repeat() { frames.push_back({now_ = now_ + step_, frames.back().data}); }
    void wait(common::nanoseconds t) { now_ = now_ + t; }
    void reset(bool from_client) { send(from_client, protocol::tcp_flag::rst | protocol::tcp_flag::ack, ""); }
    /// A SYN that nobody answers.
    void knock() { send(true, protocol::tcp_flag::syn, ""); }
    /// A UDP datagram between the same ends.
    void datagram(bool from_client, std::string_view text) {
        protocol::udp u;
        u.src_port = from_client ? client_port_ : std::uint16_t{80};
        u.dst_port = from_client ? std::uint16_t{80} : client_port_;
        u.length = static_cast<std::uint16_t>(8 + text.size());
        add(ip(from_client, 17,
               protocol::test::operator+(protocol::test::assembled(u), protocol::test::text(text))));
    }
    /// The receiver of the last frame answers it with "port unreachable".
    void refuse(bool from_client) {
        protocol::icmp i;
        i.type = i.code = 3;
        const bytes quoted(frames.back().data.begin() + 14, frames.back().data.begin() + 14 + 28);
        add(ip(from_client, 1, protocol::test::operator+(protocol::test::assembled(i), quoted)));
    }
    void acknowledge(bool from_client) { send(from_client, protocol::tcp_flag::ack, ""); }
    void close() {
        send(true, protocol::tcp_flag::fin | protocol::tcp_flag::ack, "");
        ++seq_[0];
        send(false, protocol::tcp_flag::fin | protocol::tcp_flag::ack, "");
        ++seq_[1];
        send(true, protocol::tcp_flag::ack, "");
    }

private:
    void data(bool from_client, std::string_view text) {
        send(from_client, protocol::tcp_flag::ack | protocol::tcp_flag::psh, text);
        seq_[from_client ? 0 : 1] += static_cast<std::uint32_t>(text.size());
    }

    void send(bool from_client, unsigned flags, std::string_view text) {
        protocol::tcp t;
        t.src_port = from_client ? client_port_ : std::uint16_t{80};
        t.dst_port = from_client ? std::uint16_t{80} : client_port_;
        t.seq = seq_[from_client ? 0 : 1];
        t.ack = seq_[from_client ? 1 : 0];
        t.flags = static_cast<std::uint16_t>(flags);
        t.window = 1000;
        add(ip(from_client, 6,
               protocol::test::operator+(protocol::test::assembled(t), protocol::test::text(text))));
    }

    [[nodiscard]] static bytes ip(bool from_client, std::uint8_t number, const bytes& payload) {
        protocol::ipv4 h;
        h.number = number;
        h.total_length = static_cast<std::uint16_t>(20 + payload.size());
        h.src = {10, 0, 0, from_client ? std::uint8_t{1} : std::uint8_t{2}};
        h.dst = {10, 0, 0, from_client ? std::uint8_t{2} : std::uint8_t{1}};
        return protocol::test::operator+(protocol::test::assembled(h), payload);
    }

    void add(const bytes& packet) {
        now_ = now_ + step_;
        frames.push_back({now_, protocol::test::ethernet_frame(0x0800, packet)});
    }

    std::uint16_t client_port_;
    std::uint32_t seq_[2]{1000, 9000};
    common::timestamp now_;
    common::nanoseconds step_;
};

} // namespace weir::pipeline::test
