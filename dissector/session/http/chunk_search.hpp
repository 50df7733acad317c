// Finds chunked framing again after a hole in it (RFC 9112 section 7.1). A chunk size line proves itself: as
// many bytes behind it as it says stand a line end and another size line. Until then it is one guess of a
// few, for data may look like it.
//
// Must never hold bytes: it goes by their offsets in the stream, so that further holes do no harm.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::session::http {

class chunk_search {
public:
    struct answer {
        enum class kind : std::uint8_t {
            nothing, ///< all was looked at
            found,   ///< the data of a chunk of `size` bytes begins at `next`
            end,     ///< the last chunk ended the message at `next`, if nothing or a message begins there
        };
        kind what = kind::nothing;
        std::uint64_t next = 0;    ///< stream offset
        std::uint64_t size = 0;    ///< with `found`; 0: the last chunk
        std::uint64_t framing = 0; ///< bytes since begin() that were framing: line ends and size lines
    };

    /// The stream goes on behind a hole: before it may have been anything.
    void begin() noexcept;
    /// A further hole; guesses that reach beyond it remain.
    void skip() noexcept;
    /// Looks at the bytes at `offset` up to the first answer; after one that is not believed, goes on at
    /// `next`.
    [[nodiscard]] answer look(std::string_view data, std::uint64_t offset) noexcept;

private:
    struct guess {
        std::uint64_t end = 0;     ///< where the line end behind the chunk must stand
        std::uint64_t framing = 0; ///< bytes of its size line and of the line ends around it
        bool is_last = false;      ///< it says 0: the end of the body
    };
    /// Of a size line that may be one.
    enum class place : std::uint8_t { data, cr, size, extension, size_cr };

    [[nodiscard]] std::optional<answer> on_line_end(std::uint64_t at) noexcept;
    void add_guess(std::uint64_t after_line) noexcept;

    static constexpr std::size_t most_guesses = 8; ///< more than a text of hexadecimal lines deserves
    static constexpr unsigned most_digits = 15;    ///< below 2^63
    static constexpr unsigned most_line = 256;     ///< with extensions, which nobody sends

    std::array<guess, most_guesses> guesses_{};
    std::size_t count_ = 0; ///< of guesses ever made; the oldest gives way
    place at_ = place::data;
    std::uint64_t value_ = 0;
    unsigned digits_ = 0;
    unsigned line_bytes_ = 0;
    guess before_;                ///< the chunk that ends before the size line at hand, where one does
    bool after_line_end_ = false; ///< the line end before the size line was seen
};

} // namespace weir::session::http
