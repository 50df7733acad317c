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
    explicit conversation(std::uint16_t client_port = 40000)
        : client_port_(client_port) {}

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
        protocol::ipv4 ip;
        ip.total_length = static_cast<std::uint16_t>(40 + text.size());
        ip.src = {10, 0, 0, from_client ? std::uint8_t{1} : std::uint8_t{2}};
        ip.dst = {10, 0, 0, from_client ? std::uint8_t{2} : std::uint8_t{1}};
        using protocol::test::operator+;
        const bytes packet =
            protocol::test::assembled(ip) + protocol::test::assembled(t) + protocol::test::text(text);
        now_.since_epoch += 1'000'000;
        frames.push_back({now_, protocol::test::ethernet_frame(0x0800, packet)});
    }

    std::uint16_t client_port_;
    std::uint32_t seq_[2]{1000, 9000};
    common::timestamp now_{1'767'323'045'000'000'000};
};

} // namespace weir::pipeline::test
