// The exit statuses of both programs; man pages and README carry the same table.
#pragma once

namespace weir::common {

enum class exit_status : int {
    done = 0,          ///< finished, or ended by SIGINT or SIGTERM
    failed = 1,        ///< input or output failed or was cut short
    usage = 2,         ///< bad arguments, bad filter, no such interface
    not_permitted = 3, ///< capture is not permitted, or a privilege could not be dropped
};

constexpr int to_int(exit_status s) noexcept { return static_cast<int>(s); }

} // namespace weir::common
