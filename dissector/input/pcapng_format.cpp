#include "input/pcapng_format.hpp"

#include <vector>

#include "input/time_resolution.hpp"

namespace weir::input {

namespace {

using common::bytes_view;

namespace block {
constexpr std::uint32_t section = 0x0a0d0d0a, interface = 1, packet = 2, simple = 3, statistics = 5,
                        enhanced = 6;
}
constexpr std::uint32_t order_magic = 0x1a2b3c4d;
constexpr std::size_t frame = 12; // type, length before and length behind the body

/// Calls f(code, value) for each option until the end; a length that does not fit ends them.
template <class F>
void for_each_option(bytes_view b, byte_order order, F&& f) {
    while (b.size() >= 4) {
        const std::uint16_t code = order.u16(b, 0), length = order.u16(b, 2);
        if (code == 0 || b.size() - 4 < length) return;
        f(code, common::slice(b, 4, length));
        b = common::slice(b, 4 + ((std::size_t{length} + 3) & ~std::size_t{3}));
    }
}

class pcapng final : public format {
public:
    explicit pcapng(const limits& l) noexcept
        : limits_(l) {}

    step_result step(bytes_view b, capture_sink& to) override;
    std::size_t still_to_skip() const noexcept override { return skip_; }

private:
    struct interface {
        std::uint32_t link_type = 0;
        std::uint32_t snaplen = 0;
        time_resolution time;
        std::optional<common::timestamp> last; ///< packet
    };

    using answer = std::optional<std::string>; // an error

    answer read_section(bytes_view body, capture_sink& to);
    answer read_interface(bytes_view body, capture_sink& to);
    answer read_packet(std::uint32_t type, bytes_view body, capture_sink& to);
    answer read_simple(bytes_view body, capture_sink& to);
    answer read_statistics(bytes_view body, capture_sink& to);
    answer deliver(std::uint32_t id, std::uint64_t ticks, std::uint32_t captured, std::uint32_t original,
                   bytes_view rest, std::uint64_t lost, capture_sink& to);
    [[nodiscard]] std::uint64_t drop_count(bytes_view options) const;
    [[nodiscard]] bool known(std::uint32_t id) const noexcept {
        return id < interfaces_.size() - section_start_;
    }
    static answer unknown_interface(std::uint32_t id) {
        return "a block names interface " + std::to_string(id) + ", which none has described";
    }

    byte_order order_;
    limits limits_;
    std::vector<interface> interfaces_;
    std::size_t section_start_ = 0;
    std::size_t skip_ = 0;
};

step_result pcapng::step(bytes_view b, capture_sink& to) {
    if (skip_ > 0) {
        const std::size_t now = std::min(skip_, b.size());
        skip_ -= now;
        return step_result::done(now);
    }
    if (b.size() < frame) return step_result::need(frame);
    const std::uint32_t type = order_.u32(b, 0);
    if (type == block::section) {
        if (common::load<std::uint32_t, std::endian::little>(b, 8) == order_magic)
            order_.big = false;
        else if (common::load<std::uint32_t, std::endian::big>(b, 8) == order_magic)
            order_.big = true;
        else
            return step_result::fail("a section header has no byte-order magic");
    }
    const std::size_t length = order_.u32(b, 4);
    if (length < frame)
        return step_result::fail("a block length of " + std::to_string(length) + " is below 12");
    const std::size_t padded =
        (length + 3) & ~std::size_t{3}; // some writers leave the padding out of the length
    const bool carries_packet = type == block::enhanced || type == block::packet || type == block::simple;
    const bool describes = type == block::section || type == block::interface || type == block::statistics;
    if (!carries_packet && !describes) {
        skip_ = padded;
        return step(b, to);
    }
    const std::size_t largest = carries_packet ? limits_.packet + limits_.description : limits_.description;
    if (length > largest)
        return step_result::fail("a block of " + std::to_string(length) + " bytes is above the limit of " +
                                 std::to_string(largest));
    if (b.size() < padded) return step_result::need(padded);
    if (const std::uint32_t behind = order_.u32(b, padded - 4); behind != length)
        return step_result::fail("the length " + std::to_string(behind) +
                                 " behind a block differs from the length " + std::to_string(length) +
                                 " before it");
    const bytes_view body = common::slice(b, 8, padded - frame);
    answer error;
    switch (type) {
    case block::section:
        error = read_section(body, to);
        break;
    case block::interface:
        error = read_interface(body, to);
        break;
    case block::enhanced:
    case block::packet:
        error = read_packet(type, body, to);
        break;
    case block::simple:
        error = read_simple(body, to);
        break;
    default:
        error = read_statistics(body, to);
        break;
    }
    if (error) return step_result::fail(std::move(*error));
    return step_result::done(padded);
}

pcapng::answer pcapng::read_section(bytes_view body, capture_sink& to) {
    constexpr std::size_t fixed = 16;
    constexpr std::uint16_t opt_comment = 1;
    if (body.size() < fixed) return "a section header is too short";
    if (const std::uint16_t major = order_.u16(body, 4); major != 1)
        return "pcapng version " + std::to_string(major) + " is not 1";
    section_start_ = interfaces_.size();
    for_each_option(common::slice(body, fixed), order_, [&](std::uint16_t code, bytes_view value) {
        if (code == opt_comment) to.on_comment(common::as_text(value));
    });
    return std::nullopt;
}

pcapng::answer pcapng::read_interface(bytes_view body, capture_sink& to) {
    constexpr std::size_t fixed = 8;
    constexpr std::uint16_t if_name = 2, if_tsresol = 9, if_filter = 11, if_tsoffset = 14;
    if (body.size() < fixed) return "an interface description is too short";
    if (interfaces_.size() >= limits_.interfaces)
        return "more than " + std::to_string(limits_.interfaces) + " interfaces are described";
    interface i;
    common::interface_description d;
    d.link_type = i.link_type = order_.u16(body, 0);
    d.snaplen = i.snaplen = order_.u32(body, 4);
    for_each_option(common::slice(body, fixed), order_, [&](std::uint16_t code, bytes_view value) {
        if (code == if_name)
            d.name = common::as_text(value);
        else if (code == if_tsresol && value.size() == 1)
            i.time.set_resolution(value[0]);
        else if (code == if_tsoffset && value.size() == 8)
            i.time.set_offset(static_cast<std::int64_t>(order_.u64(value, 0)));
        else if (code == if_filter && value.size() > 1 && value[0] == 0)
            d.filter = common::as_text(common::slice(value, 1));
    });
    interfaces_.push_back(i);
    to.on_interface(d);
    return std::nullopt;
}

pcapng::answer pcapng::deliver(std::uint32_t id, std::uint64_t ticks, std::uint32_t captured,
                               std::uint32_t original, bytes_view rest, std::uint64_t lost,
                               capture_sink& to) {
    if (captured > rest.size())
        return "a captured length of " + std::to_string(captured) + " does not fit its block";
    interface& i = interfaces_[section_start_ + id];
    common::record r;
    r.ts = i.time.at(ticks);
    r.interface = static_cast<std::uint32_t>(section_start_ + id);
    r.link_type = i.link_type;
    r.original_length = original;
    r.data = common::slice(rest, 0, captured);
    if (lost > 0) to.on_loss({r.interface, lost, i.last, r.ts});
    i.last = r.ts;
    to.on_record(r);
    return std::nullopt;
}

/// Of an enhanced packet block: packets that its interface and the system lost since the one before.
std::uint64_t pcapng::drop_count(bytes_view options) const {
    constexpr std::uint16_t epb_dropcount = 4;
    std::uint64_t count = 0;
    for_each_option(options, order_, [&](std::uint16_t code, bytes_view value) {
        if (code == epb_dropcount && value.size() == 8) count = order_.u64(value, 0);
    });
    return count;
}

/// An enhanced packet block, or the obsolete packet block, whose interface is 16 bits and a drop count
/// follows it.
pcapng::answer pcapng::read_packet(std::uint32_t type, bytes_view body, capture_sink& to) {
    constexpr std::size_t fixed = 20;
    if (body.size() < fixed) return "a packet block is too short";
    const std::uint32_t id = type == block::packet ? order_.u16(body, 0) : order_.u32(body, 0);
    if (!known(id)) return unknown_interface(id);
    const std::uint64_t ticks = std::uint64_t{order_.u32(body, 4)} << 32 | order_.u32(body, 8);
    const std::uint32_t captured = order_.u32(body, 12);
    constexpr std::uint16_t not_known = 0xffff;
    const std::uint16_t old_count = type == block::packet ? order_.u16(body, 2) : std::uint16_t{0};
    const std::uint64_t lost =
        type == block::packet
            ? (old_count == not_known ? 0 : old_count)
            : drop_count(common::slice(body, fixed + ((std::size_t{captured} + 3) & ~std::size_t{3})));
    return deliver(id, ticks, captured, order_.u32(body, 16), common::slice(body, fixed), lost, to);
}

pcapng::answer pcapng::read_simple(bytes_view body, capture_sink& to) {
    if (body.size() < 4) return "a simple packet block is too short";
    if (!known(0)) return unknown_interface(0);
    const std::uint32_t original = order_.u32(body, 0), snaplen = interfaces_[section_start_].snaplen;
    const std::uint32_t captured = snaplen == 0 ? original : std::min(original, snaplen);
    return deliver(0, 0, captured, original, common::slice(body, 4), 0, to);
}

pcapng::answer pcapng::read_statistics(bytes_view body, capture_sink& to) {
    constexpr std::size_t fixed = 12;
    constexpr std::uint16_t isb_ifrecv = 4, isb_ifdrop = 5, isb_osdrop = 7, isb_usrdeliv = 8;
    if (body.size() < fixed) return "an interface statistics block is too short";
    const std::uint32_t id = order_.u32(body, 0);
    if (!known(id)) return unknown_interface(id);
    common::interface_statistics s;
    s.interface = static_cast<std::uint32_t>(section_start_ + id);
    s.ts = interfaces_[s.interface].time.at(std::uint64_t{order_.u32(body, 4)} << 32 | order_.u32(body, 8));
    for_each_option(common::slice(body, fixed), order_, [&](std::uint16_t code, bytes_view value) {
        if (value.size() != 8) return;
        if (code == isb_ifrecv)
            s.received = order_.u64(value, 0);
        else if (code == isb_ifdrop)
            s.dropped_interface = order_.u64(value, 0);
        else if (code == isb_osdrop)
            s.dropped_kernel = order_.u64(value, 0);
        else if (code == isb_usrdeliv)
            s.handed_over = order_.u64(value, 0);
    });
    to.on_statistics(s);
    return std::nullopt;
}

} // namespace

std::unique_ptr<format> make_pcapng(bytes_view magic, const limits& l) {
    if (common::load<std::uint32_t>(magic, 0) != block::section) return nullptr;
    return std::make_unique<pcapng>(l);
}

} // namespace weir::input
