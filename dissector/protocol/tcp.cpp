#include "protocol/tcp.hpp"

#include "protocol/tcp_options.hpp"

namespace weir::protocol {

namespace {

/// A bad length ends the options, and the segment stands.
void read_options(dissection& d, common::bytes_view options) noexcept {
    constexpr std::uint8_t window_scale = 3;
    const std::size_t bad = for_each_tcp_option(options, [&](std::uint8_t kind, common::bytes_view value) {
        // RFC 7323 section 2.3: a shift above 14 counts as 14
        if (kind == window_scale && value.size() == 1)
            d.out.tcp.window_scale = std::min<std::uint8_t>(value[0], 14);
    });
    d.out.tcp.options = options;
    if (bad == options.size()) return;
    const std::size_t left = options.size() - bad;
    const std::size_t length = left > 1 ? options[bad + 1] : 0;
    d.out.wrong = problem{"tcp.bad_option_length", "tcp",  d.offset + tcp::header::size + bad,
                          "option length",         length, length < 2 ? "is below" : "is above",
                          length < 2 ? 2 : left};
}

} // namespace

step tcp::dissect(dissection& d) noexcept {
    tcp h;
    if (!header::parse(d.rest, h)) return d.too_short("tcp", "tcp.truncated", header::size);
    const std::size_t size = std::size_t{h.header_words} * 4;
    if (size < header::size)
        return d.malformed(
            {"tcp.bad_data_offset", "tcp", d.offset + 12, "header length", size, "is below", header::size});
    if (size > d.wire)
        return d.malformed(
            {"tcp.bad_data_offset", "tcp", d.offset + 12, "header length", size, "is above", d.wire});
    if (size > header::size) read_options(d, common::slice(d.rest, header::size, size - header::size));
    tcp_segment& out = d.out.tcp;
    d.out.ends.src_port = h.src_port;
    d.out.ends.dst_port = h.dst_port;
    d.out.ends.over = transport::tcp;
    d.out.payload_length = static_cast<std::uint32_t>(d.wire - size);
    d.out.payload = common::slice(d.rest, size);
    out.seq = h.seq;
    out.ack = h.ack;
    out.flags = h.flags;
    out.window = h.window;
    return step::end(disposition::tcp);
}

} // namespace weir::protocol
