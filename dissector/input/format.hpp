// One capture file format, fed with what is there so far. A step consumes whole records only and asks for
// what it needs; it can be resumed at any byte.
#pragma once

#include <optional>

#include "input/capture_sink.hpp"

namespace weir::input {

struct step_result {
    std::size_t consumed = 0; ///< of the bytes that were given
    std::size_t needed = 0;   ///< bytes from there on that the next record needs, when consumed is 0
    std::optional<std::string> error;

    static step_result done(std::size_t n) { return {n, 0, {}}; }
    static step_result need(std::size_t n) { return {0, n, {}}; }
    static step_result fail(std::string why) { return {0, 0, std::move(why)}; }
};

class format {
public:
    format() = default;
    format(const format&) = delete;
    format& operator=(const format&) = delete;
    virtual ~format() = default;

    /// One record or block from the start of `available` (not empty).
    [[nodiscard]] virtual step_result step(common::bytes_view available, capture_sink& to) = 0;

    /// Bytes of a block that is being skipped which have not come yet.
    [[nodiscard]] virtual std::size_t still_to_skip() const noexcept { return 0; }
};

} // namespace weir::input
