#include "protocol/tcp.hpp"

namespace weir::protocol {

namespace {

/// RFC 9293 section 3.2. Options are a repetition of kind, length, bytes; a bad length ends them and the
/// segment stands.
void read_options(dissection& d, common::bytes_view options) noexcept {
    constexpr std::uint8_t end_of_list = 0, no_operation = 1, window_scale = 3;
    const std::size_t start = d.offset + tcp::header::size;
    for (std::size_t at = 0; at < options.size();) {
        const std::uint8_t kind = options[at];
        if (kind == end_of_list) return;
        if (kind == no_operation) {
            ++at;
            continue;
        }
        const std::size_t left = options.size() - at;
        const std::size_t length = left > 1 ? options[at + 1] : 0;
        if (length < 2 || length > left) {
            d.out.wrong = problem{"tcp.bad_option_length", "tcp",  start + at,
                                  "option length",         length, length < 2 ? "is below" : "is above",
                                  length < 2 ? 2 : left};
            return;
        }
        // RFC 7323 section 2.3: a shift above 14 counts as 14
        if (kind == window_scale && length == 3)
            d.out.tcp.window_scale = std::min<std::uint8_t>(options[at + 2], 14);
        at += length;
    }
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
