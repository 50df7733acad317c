// A descriptor as a capture stream: read(2) into one buffer, unpacked where it is gzip, every whole record
// delivered. It does not wait: the owner calls advance() when the descriptor is readable.
#pragma once

#include <optional>

#include "input/capture_reader.hpp"
#include "input/gunzip.hpp"

namespace weir::input {

enum class progress : std::uint8_t { more, nothing_yet, end, failed };

class stream {
public:
    /// `fd` is not owned.
    stream(int fd, capture_sink& to)
        : fd_(fd)
        , reader_(to) {}

    /// One read and what comes of it. `end` is the end of the file (with `follow`, more may come later);
    /// `failed` has an error().
    [[nodiscard]] progress advance();

    /// True where advance() can go on without the descriptor: unpacking has been done in part.
    [[nodiscard]] bool holds_more() const noexcept;

    /// No more will come: a record that is cut short becomes an error().
    void finish();

    [[nodiscard]] const std::optional<stream_error>& error() const noexcept { return error_; }

private:
    [[nodiscard]] bool pump();
    void read_records(buffer& from);
    void note_error();

    int fd_;
    buffer raw_;
    buffer unpacked_;
    std::optional<gunzip> gunzip_;
    std::uint64_t packed_ = 0; ///< bytes of gzip that were unpacked
    bool format_known_ = false;
    capture_reader reader_;
    std::optional<stream_error> error_;
};

} // namespace weir::input
