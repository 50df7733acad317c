// What weir answers instead of running: its schema, the interfaces of the machine, whether its walls hold.
#pragma once

#include <cstdint>

#include "common/exit_status.hpp"

namespace weir::cli {

enum class enquiry : std::uint8_t {
    none,
    interfaces,
    interfaces_json,
    schema,
    events_reference,
    verify,
    policy
};

/// Prints the answer on standard output; what to end with.
[[nodiscard]] common::exit_status answer(enquiry what, bool allow_root);

} // namespace weir::cli
