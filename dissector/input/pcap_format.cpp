#include "input/pcap_format.hpp"

#include <algorithm>

namespace weir::input {

namespace {

constexpr std::uint32_t magic_us = 0xa1b2c3d4, magic_ns = 0xa1b23c4d, magic_modified = 0xa1b2cd34;
constexpr std::size_t file_header = 24, record_header = 16, modified_header = 24;

class pcap final : public format {
public:
    pcap(std::uint32_t magic, byte_order order, const limits& l) noexcept
        : order_(order)
        , limits_(l)
        , tick_(magic == magic_ns ? 1 : 1000)
        , ticks_(static_cast<std::uint32_t>(common::nanoseconds_per_second / tick_))
        , header_(magic == magic_modified ? modified_header : record_header) {}

    step_result step(common::bytes_view b, capture_sink& to) override {
        return begun_ ? read_record(b, to) : begin(b, to);
    }

private:
    step_result begin(common::bytes_view b, capture_sink& to) {
        if (b.size() < file_header) return step_result::need(file_header);
        const std::uint16_t major = order_.u16(b, 4), minor = order_.u16(b, 6);
        if (major != 2) return step_result::fail("pcap version " + std::to_string(major) + " is not 2");
        if (minor < 3)
            lengths_ = lengths::swapped;
        else if (minor == 3)
            lengths_ = lengths::either;
        common::interface_description i;
        i.snaplen = order_.u32(b, 16);
        i.link_type = order_.u32(b, 20) & 0xffff; // above it: length of the frame check sequence
        link_type_ = i.link_type;
        begun_ = true;
        to.on_interface(i);
        return step_result::done(file_header);
    }

    step_result read_record(common::bytes_view b, capture_sink& to) {
        if (b.size() < header_) return step_result::need(header_);
        std::uint32_t captured = order_.u32(b, 8), original = order_.u32(b, 12);
        if (lengths_ == lengths::swapped || (lengths_ == lengths::either && captured > original))
            std::swap(captured, original);
        if (captured > limits_.packet)
            return step_result::fail("a packet of " + std::to_string(captured) +
                                     " bytes is above the limit of " + std::to_string(limits_.packet));
        if (b.size() < header_ + captured) return step_result::need(header_ + captured);
        common::record r;
        const std::uint32_t fraction = order_.u32(b, 4);
        r.time_clamped = fraction >= ticks_;
        r.ts.since_epoch = std::int64_t{order_.u32(b, 0)} * common::nanoseconds_per_second +
                           std::int64_t{std::min(fraction, ticks_ - 1)} * tick_;
        r.link_type = link_type_;
        r.original_length = original;
        r.data = common::slice(b, header_, captured);
        to.on_record(r);
        return step_result::done(header_ + captured);
    }

    enum class lengths : std::uint8_t { as_named, swapped, either };

    byte_order order_;
    limits limits_;
    std::int64_t tick_;   ///< nanoseconds
    std::uint32_t ticks_; ///< of a second
    std::size_t header_;
    std::uint32_t link_type_ = 0;
    lengths lengths_ = lengths::as_named;
    bool begun_ = false;
};

} // namespace

std::unique_ptr<format> make_pcap(common::bytes_view magic, const limits& l) {
    for (const bool big : {false, true}) {
        const byte_order order{big};
        const std::uint32_t m = order.u32(magic, 0);
        if (m == magic_us || m == magic_ns || m == magic_modified) return std::make_unique<pcap>(m, order, l);
    }
    return nullptr;
}

} // namespace weir::input
