// What connections cost in memory: prints the peak of the process and what became of the exchanges. Packets
// are made here and given to the pipeline, so that nothing but it is measured. Must be built for release.
//
// Usage: memory idle|flood|loss|answers [MIB]
//
// MIB is what --max-memory says.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

#include "event/http_events.hpp"
#include "event/selection.hpp"
#include "event/tcp_events.hpp"
#include "pipeline/pipeline.hpp"
#include "protocol/ipv4.hpp"
#include "protocol/tcp.hpp"

namespace weir {
namespace {

namespace flag = protocol::tcp_flag;

class counter final : public event::sink {
public:
    std::uint64_t exchanges = 0, complete = 0, evicted = 0;
    void on_event(const event::any_event& e) override {
        if (const auto* const x = e.get_if<event::http_exchange>()) {
            ++exchanges;
            complete += x->response && x->response->complete;
        } else if (const auto* const c = e.get_if<event::tcp_close>()) {
            evicted += c->reason == event::close_reason::evicted;
        }
    }
};

/// The connections of one run; number N is between 10.x.x.x:1024 and 192.0.2.1:80.
class traffic {
public:
    explicit traffic(const flow::limits& l)
        : pipeline_(options(l), told) {}

    void send(std::uint32_t number, bool from_client, unsigned flags, std::uint32_t seq, std::uint32_t ack,
              std::string_view payload = {}) {
        protocol::ipv4 ip;
        const std::array<std::uint8_t, 4> client{10, static_cast<std::uint8_t>(number >> 16),
                                                 static_cast<std::uint8_t>(number >> 8),
                                                 static_cast<std::uint8_t>(number)};
        const std::array<std::uint8_t, 4> server{192, 0, 2, 1};
        ip.src = from_client ? client : server;
        ip.dst = from_client ? server : client;
        ip.total_length = static_cast<std::uint16_t>(40 + payload.size());
        protocol::tcp t;
        t.src_port = from_client ? 1024 : 80;
        t.dst_port = from_client ? 80 : 1024;
        t.seq = seq;
        t.ack = ack;
        t.flags = static_cast<std::uint16_t>(flags);
        t.window = 65535;
        std::array<std::uint8_t, 1500> packet{};
        protocol::ipv4::header::assemble(ip, std::span(packet).first(20));
        protocol::tcp::header::assemble(t, std::span(packet).subspan(20, 20));
        std::copy(payload.begin(), payload.end(), packet.begin() + 40);
        common::record r;
        constexpr std::uint32_t raw_ip = 101;
        r.link_type = raw_ip;
        r.data = common::bytes_view(packet).first(40 + payload.size());
        r.original_length = static_cast<std::uint32_t>(r.data.size());
        r.ts = now_ = now_ + common::nanoseconds{1'000};
        pipeline_.feed(r);
        ++packets;
    }

    void open(std::uint32_t number) {
        send(number, true, flag::syn, 0, 0);
        send(number, false, flag::syn | flag::ack, 0, 1);
        send(number, true, flag::ack, 1, 1);
    }
    void ask(std::uint32_t number) { send(number, true, flag::ack, 1, 1, request); }
    void end() { pipeline_.end(event::end_reason::end_of_input, ""); }

    static constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    static constexpr std::uint32_t asked = 1 + request.size();
    counter told;
    std::uint64_t packets = 0;

private:
    static pipeline::options options(const flow::limits& l) {
        pipeline::options o;
        o.events = event::default_selection(event::audience::lines);
        o.flows = l;
        return o;
    }
    pipeline::pipeline pipeline_;
    common::timestamp now_{1'767'323'045'000'000'000};
};

double peak_mib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
    return 0;
}

void report(const char* what, const traffic& t, double before) {
    std::printf(
        "%s: %llu packets, peak %.0f MiB (%.0f before); %llu exchanges, %llu complete; %llu evicted\n", what,
        static_cast<unsigned long long>(t.packets), peak_mib(), before,
        static_cast<unsigned long long>(t.told.exchanges), static_cast<unsigned long long>(t.told.complete),
        static_cast<unsigned long long>(t.told.evicted));
}

/// A million connections that are open and silent.
void idle(flow::limits l) {
    constexpr std::uint32_t connections = 1'000'000;
    const double before = peak_mib();
    l.flows = std::max<std::size_t>(l.flows, connections);
    traffic t(l);
    for (std::uint32_t i = 0; i < connections; ++i) t.open(i);
    report("a million idle connections", t, before);
}

/// Ten million SYNs from as many addresses while a thousand exchanges wait for their answers.
void flood(const flow::limits& l) {
    constexpr std::uint32_t established = 1'000, syns = 10'000'000;
    const double before = peak_mib();
    traffic t(l);
    for (std::uint32_t i = 0; i < established; ++i) {
        t.open(i);
        t.ask(i);
    }
    for (std::uint32_t i = 0; i < syns; ++i) t.send(established + i, true, flag::syn, i, 0);
    constexpr std::string_view answer = "HTTP/1.1 204 No Content\r\n\r\n";
    for (std::uint32_t i = 0; i < established; ++i) t.send(i, false, flag::ack, 1, traffic::asked, answer);
    t.end();
    report("a flood of ten million SYNs over a thousand exchanges", t, before);
}

/// Ten thousand answers at once, every second segment of which is lost and nothing acknowledged.
void loss(const flow::limits& l) {
    constexpr std::uint32_t connections = 10'000, segments = 100, size = 1'000;
    const double before = peak_mib();
    traffic t(l);
    for (std::uint32_t i = 0; i < connections; ++i) {
        t.open(i);
        t.ask(i);
    }
    std::string first = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(segments * size) + "\r\n\r\n";
    const std::string body(size, 'x');
    const auto begins = static_cast<std::uint32_t>(1 + first.size());
    for (std::uint32_t i = 0; i < connections; ++i) t.send(i, false, flag::ack, 1, traffic::asked, first);
    for (std::uint32_t k = 1; k < segments; k += 2)
        for (std::uint32_t i = 0; i < connections; ++i)
            t.send(i, false, flag::ack, begins + k * size, traffic::asked, body);
    t.end();
    report("every second segment of 10,000 answers lost", t, before);
}

/// A hundred thousand connections that each wait for an answer: what a session keeps.
void answers(const flow::limits& l) {
    constexpr std::uint32_t connections = 100'000;
    const double before = peak_mib();
    traffic t(l);
    for (std::uint32_t i = 0; i < connections; ++i) {
        t.open(i);
        t.ask(i);
    }
    report("a hundred thousand requests without an answer", t, before);
}

} // namespace
} // namespace weir

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    weir::flow::limits l;
    if (argc == 3) l = l.within(std::stoul(argv[2]) << 20);
    if (what == "idle")
        weir::idle(l);
    else if (what == "flood")
        weir::flood(l);
    else if (what == "loss")
        weir::loss(l);
    else if (what == "answers")
        weir::answers(l);
    else
        return std::puts("memory idle|flood|loss|answers [MIB]"), 2;
}
