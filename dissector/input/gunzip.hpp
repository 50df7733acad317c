// Captures compressed with gzip (RFC 1952), as tcpdump's -z and many archives leave them: unpacked as they
// are read.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "input/buffer.hpp"

namespace weir::input {

class gunzip {
public:
    gunzip();
    ~gunzip();

    /// True where a stream that begins so is gzip; two bytes are enough.
    [[nodiscard]] static bool recognises(common::bytes_view start) noexcept;

    /// Unpacks from `in` into `out` until one is exhausted; answers an error, if any. `in` is consumed.
    [[nodiscard]] std::optional<std::string> unpack(buffer& in, buffer& out);

    /// True where unpack() has more to give before it wants more to read.
    [[nodiscard]] bool holds_output() const noexcept;

    /// False while a member of the stream is not complete.
    [[nodiscard]] bool complete() const noexcept;

private:
    struct state;
    std::unique_ptr<state> s_;
};

} // namespace weir::input
