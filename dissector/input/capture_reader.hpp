// A capture stream of any format, found by its first bytes. Sans-I/O: it is given bytes as they come, in any
// pieces.
#pragma once

#include <memory>

#include "input/format.hpp"
#include "input/limits.hpp"

namespace weir::input {

/// True where a regular file begins like a capture, packed or not.
[[nodiscard]] bool is_capture(const std::string& path);

class capture_reader {
public:
    explicit capture_reader(capture_sink& to, const limits& l = {}) noexcept
        : to_(to)
        , limits_(l) {}

    /// Delivers every whole record of `available`; the answer is how many bytes were consumed. The caller
    /// keeps the rest and gives it again, with more behind it.
    [[nodiscard]] std::size_t read(common::bytes_view available);

    /// Bytes that the next call of read() must be given at least before it can go on.
    [[nodiscard]] std::size_t needed() const noexcept { return needed_; }

    /// The stream is over and `left` bytes of it were not consumed.
    void finish(std::size_t left);

    [[nodiscard]] const std::optional<stream_error>& error() const noexcept { return error_; }

private:
    capture_sink& to_;
    limits limits_;
    std::unique_ptr<format> format_;
    std::optional<stream_error> error_;
    std::uint64_t offset_ = 0;
    std::size_t needed_ = 1;
};

} // namespace weir::input
