// A connection played packet by packet into the flows, and what sessions and sinks heard of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "event/anomaly.hpp"
#include "event/sink.hpp"
#include "event/tcp_detail_events.hpp"
#include "event/tcp_events.hpp"
#include "flow/capture_time.hpp"
#include "flow/flows.hpp"

namespace weir::flow::test {

namespace flag = protocol::tcp_flag;

/// Keeps the streams as text: holes as "<n>", ends as "|", the close as "!reason".
class recorder final : public stream_consumer {
public:
    explicit recorder(const identity& of)
        : id(of) {}
    const identity& id;
    std::string streams[2];
    std::vector<gap> gaps;
    std::vector<std::uint64_t> acked; ///< of each chunk that has it
    void on_data(const chunk& c) override {
        if (c.acked) acked.push_back(*c.acked);
        auto& s = streams[event::index(c.from)];
        s += common::as_text(c.data);
    }
    void on_gap(const gap& g) override {
        gaps.push_back(g);
        streams[event::index(g.from)] +=
            '<' + std::to_string(g.length.value_or(0)) + ' ' + std::string(event::word(g.cause)) + '>';
    }
    void on_end(side from, common::timestamp) override { streams[event::index(from)] += '|'; }
    void on_close(event::close_reason why, common::timestamp) override {
        closed += '!' + std::string(event::word(why));
    }
    std::string closed;
};

/// The session of every conversation, where `wanted`.
class datagram_recorder final : public datagram_consumer {
public:
    bool wanted = false;
    std::optional<common::timestamp> next, due_at;
    std::string heard;
    void on_datagram(const datagram& d) override {
        heard += std::string(event::word(d.from)) + ':' + std::string(common::as_text(d.data)) + ' ';
    }
    std::optional<common::timestamp> due() const noexcept override { return next; }
    void on_due(common::timestamp ts) override {
        heard += "due ";
        due_at = ts;
        next.reset();
    }
    void on_close(event::close_reason why, common::timestamp) override {
        heard += '!' + std::string(event::word(why));
    }
    std::string_view service() const noexcept override { return "test"; }
};

class recording_source final : public session_source {
public:
    datagram_recorder datagrams;
    datagram_consumer* open_datagrams(const identity&) override {
        return datagrams.wanted ? &datagrams : nullptr;
    }
    void release(datagram_consumer*) noexcept override { ++released; }
    std::optional<side> datagram_sender_of(common::bytes_view payload) const noexcept override {
        return sender_of(payload);
    }
    std::vector<std::unique_ptr<recorder>> all;
    int released = 0;
    stream_consumer* open(const identity& id) override {
        return all.emplace_back(std::make_unique<recorder>(id)).get();
    }
    void release(stream_consumer*) noexcept override { ++released; }
    mutable int asked = 0; ///< who sends a payload
    std::optional<side> sender_of(common::bytes_view payload) const noexcept override {
        ++asked;
        if (common::as_text(payload).starts_with("GET ")) return side::client;
        if (common::as_text(payload).starts_with("HTTP/")) return side::server;
        return std::nullopt;
    }
};

class event_log final : public event::sink {
public:
    std::vector<event::tcp_close> closes;
    std::vector<event::udp_close> udp_closes;
    std::vector<std::string> states, histories, order, codes;
    std::vector<std::string> details;  ///< what happened between open and close: "c " or "s ", and what
    std::vector<std::string> overlaps; ///< "offset first second"
    void on_event(const event::any_event& e) override {
        if (const auto* const close = e.get_if<event::tcp_close>()) {
            closes.push_back(*close);
            states.emplace_back(close->state);
            histories.emplace_back(close->history);
            order.push_back("close " + std::to_string(close->connection.conn));
        } else if (const auto* const open = e.get_if<event::tcp_open>()) {
            order.push_back("open " + std::to_string(open->connection.conn) +
                            (open->midstream ? " midstream" : ""));
        } else if (const auto* const over = e.get_if<event::udp_close>()) {
            udp_closes.push_back(*over);
            order.push_back("close " + std::to_string(over->connection.conn));
        } else if (const auto* const icmp = e.get_if<event::icmp_error>()) {
            order.push_back("icmp " + std::to_string(icmp->connection.conn) + ' ' + std::string(icmp->kind) +
                            ' ' + common::to_string(icmp->from));
        } else if (const auto* const again = e.get_if<event::tcp_retransmit>()) {
            detail("again " + std::string(event::word(again->kind)) + ' ' + std::to_string(again->length),
                   again->side);
        } else if (const auto* const early = e.get_if<event::tcp_out_of_order>()) {
            detail("early by " + std::to_string(early->ahead), early->side);
        } else if (const auto* const retry = e.get_if<event::tcp_syn_retry>()) {
            detail("try " + std::to_string(retry->tries), retry->side);
        } else if (const auto* const hole = e.get_if<event::tcp_gap>()) {
            detail("gap " + std::to_string(hole->offset) + '+' + std::to_string(hole->length), hole->side);
        } else if (const auto* const window = e.get_if<event::tcp_zero_window>()) {
            detail(window->opened_after
                       ? "opened after " + std::to_string(window->opened_after->count / 1'000'000)
                       : "closed",
                   window->side);
        } else if (const auto* const reset = e.get_if<event::tcp_reset>()) {
            detail("reset " + std::string(reset->state) + (reset->ignored ? " ignored" : ""), reset->side);
        } else if (const auto* const data = e.get_if<event::tcp_data>()) {
            detail(data->missing ? '<' + std::to_string(*data->missing) + '>' : std::string(data->data.bytes),
                   data->side);
        } else if (const auto* const stats = e.get_if<event::tcp_stats>()) {
            detail("stats " + std::to_string(stats->client.in_flight) + ' ' +
                       std::to_string(stats->server.in_flight),
                   event::side::client);
        } else if (const auto* const o = e.get_if<event::tcp_overlap>()) {
            overlaps.push_back(std::to_string(o->offset) + ' ' + std::string(o->first.bytes) + ' ' +
                               std::string(o->second.bytes));
        } else if (const auto* const a = e.get_if<event::anomaly>()) {
            codes.emplace_back(a->code);
        }
    }

private:
    void detail(const std::string& what, event::side by) {
        details.push_back((by == event::side::client ? "c " : "s ") + what);
    }
};

struct segment {
    bool from_client = true;
    std::uint16_t flags = flag::ack;
    std::uint32_t seq = 0; ///< relative to the sender's initial sequence number
    std::uint32_t ack = 0; ///< relative to the receiver's
    std::string payload;
    std::uint32_t cut = 0; ///< payload bytes that the capture left out
    std::uint16_t window = 1000;
    std::optional<std::uint8_t> window_scale = {};
    std::vector<std::uint8_t> options = {};
};

/// The flows under test with a clock that moves one millisecond a packet.
class wire {
public:
    explicit wire(const limits& l = {}, std::uint32_t client_isn = 1000, std::uint32_t server_isn = 5000)
        : emitter_(log, event::mask().set())
        , flows(emitter_, sessions, l, path, {1, 2})
        , client_isn_(client_isn)
        , server_isn_(server_isn) {}

    void play(const segment& s) {
        protocol::packet p;
        p.what = protocol::disposition::tcp;
        p.ends = ends(s.from_client);
        p.tcp.seq = s.seq + (s.from_client ? client_isn_ : server_isn_);
        p.tcp.ack = s.ack + (s.from_client ? server_isn_ : client_isn_);
        p.tcp.flags = s.flags;
        p.tcp.window = s.window;
        p.tcp.window_scale = s.window_scale;
        p.tcp.options = s.options;
        p.payload_length = static_cast<std::uint32_t>(s.payload.size());
        p.payload = common::slice(common::as_bytes(s.payload), 0, s.payload.size() - s.cut);
        now.since_epoch += 1'000'000;
        feed(p);
    }

    /// A datagram.
    void say(bool from_client, std::string_view text) {
        protocol::packet p;
        p.what = protocol::disposition::udp;
        p.ends = ends(from_client);
        p.ends.over = transport::udp;
        p.payload_length = static_cast<std::uint32_t>(text.size());
        p.payload = common::as_bytes(text);
        now.since_epoch += 1'000'000;
        feed(p);
    }

    /// An ICMP error of `from` about a packet of the client.
    void complain(std::string_view kind, const common::ip_address& from) {
        protocol::packet p;
        p.what = protocol::disposition::icmp;
        p.ends.src = from;
        p.icmp = protocol::icmp_error{};
        p.icmp->kind = kind;
        p.icmp->quoted = ends(true);
        now.since_epoch += 1'000'000;
        feed(p);
    }

    [[nodiscard]] protocol::packet_ends ends(bool from_client) const {
        const auto client = common::ip_address::v4(std::array<std::uint8_t, 4>{10, 0, 0, 1});
        const auto server = common::ip_address::v4(std::array<std::uint8_t, 4>{10, 0, 0, 2});
        protocol::packet_ends e{client, server, client_port, 80, transport::tcp, tags[0], 0};
        if (from_client) return e;
        std::swap(e.src, e.dst);
        std::swap(e.src_port, e.dst_port);
        e.tags = tags[1];
        return e;
    }

    /// A packet at `now`.
    void feed(const protocol::packet& p) {
        flows.advance(clock_.see(now));
        flows.at_packet(++number);
        belonged = flows.feed(p, {now, number, interface});
    }

    void handshake() {
        play({true, flag::syn, 0, 0, ""});
        play({false, flag::syn | flag::ack, 0, 1, ""});
        play({true, flag::ack, 1, 1, ""});
    }

    void wait(std::int64_t milliseconds) {
        now.since_epoch += milliseconds * 1'000'000;
        flows.advance(clock_.see(now));
    }

    [[nodiscard]] const recorder& session(std::size_t i = 0) const { return *sessions.all.at(i); }

    event_log log;
    recording_source sessions;
    capture_path path;
    std::uint32_t interface = path.interface("eth0");

private:
    event::emitter emitter_;

public:
    flow::flows flows;
    common::timestamp now{1'700'000'000'000'000'000};
    std::uint64_t number = 0;
    std::uint16_t client_port = 40000;
    std::array<std::uint32_t, 2> tags{}; ///< VLANs of what the client sends, and of what the server sends
    bool belonged = false;               ///< what feed() answered last

private:
    capture_time clock_;
    std::uint32_t client_isn_, server_isn_;
};

} // namespace weir::flow::test
