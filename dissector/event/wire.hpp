// What comes off the wire and stands in events as it is: bytes, header fields, and counts under names of
// ours.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir::event {

/// Bytes as they were on the wire: a JSON string where they are valid UTF-8, {"base64":"…"} where not.
struct wire {
    std::string_view bytes;
};

/// One header field as sent: name and value without the surrounding white space.
struct header {
    std::string_view name;
    std::string_view value;
};

/// An object with lower-case names in order of appearance; a repeated name holds an array.
struct header_object {
    std::span<const header> list;
};

/// The same fields as a list of [name, value], as sent.
struct header_list {
    std::span<const header> list;
};

/// A count under a name of ours, for objects whose keys are a closed set ({"not_ip":3}).
struct tally {
    std::string_view name;
    std::uint64_t count = 0;
};

/// An object of tallies; those that are zero are left out.
struct tally_object {
    std::span<const tally> list;
};

} // namespace weir::event
