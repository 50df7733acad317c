// What a capture stream may claim. A length is compared with these before it is believed; beyond them the
// stream is an error at a byte offset, not an allocation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::input {

struct limits {
    /// Captured bytes of one packet. libpcap's own largest is 262,144; captures of other tools carry up to 16
    /// MiB.
    std::size_t packet = 16 * 1024 * 1024;
    /// A pcapng block that describes (section, interface, statistics): names and comments, a page or two in
    /// practice.
    std::size_t description = 1024 * 1024;
    /// Interfaces of one stream, over all its sections.
    std::size_t interfaces = 65'536;
};

} // namespace weir::input
