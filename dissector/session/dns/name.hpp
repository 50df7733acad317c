// Domain names on the wire (RFC 1035 sections 3.1 and 4.1.4) and in presentation form (section 5.1).
//
// A pointer must lead to what stands before the labels it ends: so every name ends, whatever its bytes.
#pragma once

#include <optional>
#include <string>

#include "common/bytes.hpp"

namespace weir::session::dns {

/// Bytes of a name on the wire, lengths and root included (RFC 1035 section 2.3.4).
inline constexpr std::size_t longest_name = 255;

/// What can be wrong with a name.
enum class name_fault : std::uint8_t { cut, too_long, label_type_unknown, pointer_not_backward };

/// Walks the name at `at`; answers what is behind it, or what is wrong. Calls on_label(bytes_view) for each
/// label, the root excepted; on_label may have been called for the first labels of a wrong name.
struct name_end {
    std::size_t at = 0;
    std::optional<name_fault> wrong;
};
template <class F>
[[nodiscard]] name_end walk_name(common::bytes_view message, std::size_t at, F&& on_label) {
    constexpr std::uint8_t pointer = 0xc0;
    std::optional<std::size_t> behind; // the first pointer
    std::size_t begins = at;           // of the labels at hand
    std::size_t length = 1;
    for (;;) {
        if (at >= message.size()) return {message.size(), name_fault::cut};
        const std::uint8_t size = message[at];
        if (size == 0) return {behind.value_or(at + 1), std::nullopt};
        if ((size & pointer) == pointer) {
            if (message.size() - at < 2) return {message.size(), name_fault::cut};
            const std::size_t to = common::load<std::uint16_t>(message, at) & 0x3fffU;
            if (!behind) behind = at + 2;
            if (to >= begins) return {*behind, name_fault::pointer_not_backward};
            at = begins = to;
            continue;
        }
        if ((size & pointer) != 0) return {at, name_fault::label_type_unknown};
        if (message.size() - at - 1 < size) return {message.size(), name_fault::cut};
        length += 1U + size;
        if (length > longest_name) return {at, name_fault::too_long};
        on_label(message.subspan(at + 1, size));
        at += 1U + size;
    }
}

/// Appends a label in presentation form, as dig escapes it.
void append_label(std::string& out, common::bytes_view label);

/// Appends the name at `at` in presentation form, without the final dot; the root is ".".
[[nodiscard]] name_end append_name(std::string& out, common::bytes_view message, std::size_t at);

/// What is behind the name at `at`.
[[nodiscard]] inline name_end skip_name(common::bytes_view message, std::size_t at) {
    return walk_name(message, at, [](common::bytes_view) {});
}

} // namespace weir::session::dns
