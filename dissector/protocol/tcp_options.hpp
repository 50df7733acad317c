// The options of a TCP segment (RFC 9293 section 3.2): a repetition of kind, length, bytes.
#pragma once

#include <array>
#include <optional>

#include "common/bytes.hpp"

namespace weir::protocol {

/// Calls f(kind, value) for each option but padding, until the end or a length that does not fit; answers
/// where that stands, or how long the options are.
template <class F>
std::size_t for_each_tcp_option(common::bytes_view options, F&& f) {
    constexpr std::uint8_t end_of_list = 0, no_operation = 1;
    std::size_t at = 0;
    while (at < options.size() && options[at] != end_of_list) {
        const std::uint8_t kind = options[at];
        if (kind == no_operation) {
            ++at;
            continue;
        }
        const std::size_t left = options.size() - at;
        const std::size_t length = left > 1 ? options[at + 1] : 0;
        if (length < 2 || length > left) return at;
        f(kind, common::slice(options, at + 2, length - 2));
        at += length;
    }
    return options.size();
}

/// What a connection's statistics need of them. Decoding a packet does not read it.
struct tcp_options {
    struct stamps {
        std::uint32_t value = 0, echo = 0;
    };
    struct block {
        std::uint32_t left = 0, right = 0;
    };
    std::optional<std::uint16_t> mss; ///< RFC 9293 section 3.7.1
    std::optional<stamps> timestamps; ///< RFC 7323 section 3.2
    std::array<block, 4> sacks{};     ///< RFC 2018
    std::size_t sack_count = 0;

    explicit tcp_options(common::bytes_view options) noexcept {
        constexpr std::uint8_t segment_size = 2, selective = 5, times = 8;
        for_each_tcp_option(options, [&](std::uint8_t kind, common::bytes_view value) {
            if (kind == segment_size && value.size() == 2) mss = common::load<std::uint16_t>(value, 0);
            if (kind == times && value.size() == 8)
                timestamps =
                    stamps{common::load<std::uint32_t>(value, 0), common::load<std::uint32_t>(value, 4)};
            if (kind != selective) return;
            for (std::size_t at = 0; at + 8 <= value.size() && sack_count < sacks.size(); at += 8)
                sacks[sack_count++] = {common::load<std::uint32_t>(value, at),
                                       common::load<std::uint32_t>(value, at + 4)};
        });
    }
};

} // namespace weir::protocol
