// Writes a capture stream into a buffer: pcapng (draft-ietf-opsawg-pcapng) or pcap with nanoseconds
// (draft-ietf-opsawg-pcap), in the byte order of this host. Must never look into a packet, except for the
// direction that a cooked capture has in its header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/capture_request.hpp"

namespace weir::common {

/// Of one interface since the start.
struct capture_counters {
    std::uint64_t received = 0;  ///< passed the filter, drops included
    std::uint64_t dropped = 0;   ///< no room in the ring
    std::uint64_t delivered = 0; ///< written into the stream
};

struct captured_packet {
    std::uint32_t interface = 0;   ///< index, in the order of interface_block()
    std::uint64_t nanoseconds = 0; ///< since 1970-01-01T00:00:00Z
    std::uint32_t original = 0;    ///< bytes on the wire
    bytes_view data;
};

class capture_writer {
public:
    capture_writer(capture_format format, capture_direction way)
        : format_(format)
        , way_(way) {}

    /// Section header: the program and its comment. pcap has none.
    void section(std::string_view application, std::string_view comment);
    /// Interface block, or the header of a pcap file: there it must come once.
    void interface_block(std::string_view name, std::uint32_t link, int snaplen, std::string_view filter);
    void packet(const captured_packet& p, std::uint32_t link);
    /// pcap has none.
    void statistics(std::uint32_t interface, std::uint64_t nanoseconds, const capture_counters& c);

    [[nodiscard]] std::string_view gathered() const noexcept { return out_; }
    void clear() noexcept { out_.clear(); }
    void reserve(std::size_t size) { out_.reserve(size); }

private:
    template <typename... Numbers>
    void put(Numbers... numbers);
    void padded(std::string_view bytes);
    void option(std::uint16_t code, std::string_view value);
    void counter(std::uint16_t code, std::uint64_t value);
    std::size_t begin(std::uint32_t type);
    void end(std::size_t start);

    capture_format format_;
    capture_direction way_;
    std::string out_;
};

} // namespace weir::common
