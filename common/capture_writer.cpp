#include "common/capture_writer.hpp"

#include <array>
#include <bit>

namespace weir::common {
namespace {

enum block : std::uint32_t {
    section_header = 0x0a0d0d0a,
    interface_description = 1,
    interface_statistics = 5,
    enhanced_packet = 6
};
enum option_code : std::uint16_t {
    end_of_options = 0,
    opt_comment = 1,
    shb_userappl = 4,
    if_name = 2,
    if_tsresol = 9,
    if_filter = 11,
    epb_flags = 2,
    isb_ifrecv = 4,
    isb_osdrop = 7,
    isb_usrdeliv = 8,
};

constexpr std::uint64_t second = 1'000'000'000;

template <typename T>
std::array<char, sizeof(T)> raw(T number) noexcept {
    return std::bit_cast<std::array<char, sizeof(T)>>(number);
}

constexpr std::uint32_t high(std::uint64_t v) noexcept { return static_cast<std::uint32_t>(v >> 32); }
constexpr std::uint32_t low(std::uint64_t v) noexcept { return static_cast<std::uint32_t>(v & 0xffff'ffff); }

/// Bits 0 and 1 of epb_flags: 1 inbound, 2 outbound, 0 not known.
std::uint32_t direction_of(bytes_view data, std::uint32_t link, capture_direction asked) noexcept {
    constexpr std::uint32_t sll = 113, sll2 = 276, outgoing = 4; // LINKTYPE_LINUX_SLL, _SLL2, PACKET_OUTGOING
    if (asked != capture_direction::both) return asked == capture_direction::in ? 1 : 2;
    if (link == sll && data.size() >= 2) return load<std::uint16_t>(data, 0) == outgoing ? 2 : 1;
    if (link == sll2 && data.size() >= 11) return load<std::uint8_t>(data, 10) == outgoing ? 2 : 1;
    return 0;
}

} // namespace

template <typename... Numbers>
void capture_writer::put(Numbers... numbers) {
    (out_.append(raw(numbers).data(), sizeof numbers), ...);
}

void capture_writer::padded(std::string_view bytes) {
    out_.append(bytes).append((4 - bytes.size() % 4) % 4, '\0');
}

void capture_writer::option(std::uint16_t code, std::string_view value) {
    const std::string_view fits = value.substr(0, 0xffff);
    put(code, static_cast<std::uint16_t>(fits.size()));
    padded(fits);
}

void capture_writer::counter(std::uint16_t code, std::uint64_t value) { put(code, std::uint16_t{8}, value); }

std::size_t capture_writer::begin(std::uint32_t type) {
    const std::size_t start = out_.size();
    put(type, std::uint32_t{0});
    return start;
}

void capture_writer::end(std::size_t start) {
    const auto length = static_cast<std::uint32_t>(out_.size() - start + 4);
    put(length);
    out_.replace(start + 4, sizeof length, raw(length).data(), sizeof length);
}

void capture_writer::section(std::string_view application, std::string_view comment) {
    if (format_ == capture_format::pcap) return;
    const std::size_t start = begin(section_header);
    put(std::uint32_t{0x1a2b3c4d}, std::uint16_t{1}, std::uint16_t{0},
        ~std::uint64_t{0}); // length of the section: not known
    option(opt_comment, comment);
    option(shb_userappl, application);
    option(end_of_options, {});
    end(start);
}

void capture_writer::interface_block(std::string_view name, std::uint32_t link, int snaplen,
                                     std::string_view filter) {
    const auto limit = static_cast<std::uint32_t>(snaplen);
    if (format_ == capture_format::pcap) {
        put(std::uint32_t{0xa1b23c4d}, std::uint16_t{2}, std::uint16_t{4}, std::uint64_t{0}, limit, link);
        return;
    }
    const std::size_t start = begin(interface_description);
    put(static_cast<std::uint16_t>(link), std::uint16_t{0}, limit);
    option(if_name, name);
    option(if_tsresol, "\x09");
    if (!filter.empty()) option(if_filter, std::string(1, '\0').append(filter));
    option(end_of_options, {});
    end(start);
}

void capture_writer::packet(const captured_packet& p, std::uint32_t link) {
    const auto size = static_cast<std::uint32_t>(p.data.size());
    if (format_ == capture_format::pcap) {
        put(low(p.nanoseconds / second), low(p.nanoseconds % second), size, p.original);
        out_.append(as_text(p.data));
        return;
    }
    const std::size_t start = begin(enhanced_packet);
    put(p.interface, high(p.nanoseconds), low(p.nanoseconds), size, p.original);
    padded(as_text(p.data));
    if (const std::uint32_t flags = direction_of(p.data, link, way_); flags != 0) {
        put(std::uint16_t{epb_flags}, std::uint16_t{4}, flags);
        option(end_of_options, {});
    }
    end(start);
}

void capture_writer::statistics(std::uint32_t interface, std::uint64_t nanoseconds,
                                const capture_counters& c) {
    if (format_ == capture_format::pcap) return;
    const std::size_t start = begin(interface_statistics);
    put(interface, high(nanoseconds), low(nanoseconds));
    counter(isb_ifrecv, c.received);
    counter(isb_osdrop, c.dropped);
    counter(isb_usrdeliv, c.delivered);
    option(end_of_options, {});
    end(start);
}

} // namespace weir::common
