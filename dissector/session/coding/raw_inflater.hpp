// Raw deflate (RFC 1951) that goes on over many messages of a stream, each of which may refer to those before
// (RFC 7692). Behind a loss it may start anew: what refers to bytes that it never saw is then broken, and
// never guessed.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "session/coding/decoder.hpp"

namespace weir::session {

class raw_inflater {
public:
    raw_inflater();
    ~raw_inflater();
    raw_inflater(const raw_inflater&) = delete;
    raw_inflater& operator=(const raw_inflater&) = delete;

    /// Forgets everything; keeps its memory.
    void restart() noexcept;
    /// As decoder::run(), but a last block (BFINAL) ends nothing: what follows goes on with what went before.
    [[nodiscard]] decoder::step run(common::bytes_view& in, std::span<std::uint8_t> out);
    /// The last block was a last one, and nothing followed it.
    [[nodiscard]] bool is_behind_last() const noexcept { return is_behind_last_; }
    /// Between two blocks, at a whole byte: where a message may end.
    [[nodiscard]] bool is_at_block_start() const noexcept;

private:
    struct stream;
    std::unique_ptr<stream> stream_; ///< made at first use: most connections compress nothing
    std::vector<std::uint8_t> window_;
    bool is_behind_last_ = false;
};

} // namespace weir::session
