// The bytes of one body that are reported with --bodies: decoded as they come, cut at the limit, never stored whole.
// Must never hold more than body_limit decoded bytes and body_limit raw ones.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session/http/decoder.hpp"
#include "session/http/limits.hpp"

namespace weir::session::http {

class kept_body {
public:
    /// For the body of `m`, whose head is complete. Adds notes where a coding is not supported.
    void begin(message& m, const position& where, const limits& most, std::uint64_t keep);
    void append(message& m, std::string_view bytes, const position& where);
    /// Bytes are missing here: data ends before them.
    void interrupt() noexcept;
    /// `complete`: every byte of the body was seen.
    void end(message& m, bool complete, const position& where);
    /// Frees what has grown above `buffer_kept`.
    void clear(std::size_t buffer_kept);

    /// After end().
    [[nodiscard]] std::string_view data() const noexcept { return is_decoded() ? decoded_ : raw_; }
    [[nodiscard]] bool truncated() const noexcept { return is_decoded() ? decoded_cut_ : raw_cut_; }
    [[nodiscard]] std::optional<std::uint64_t> decoded_size() const noexcept;

private:
    enum class state : std::uint8_t { plain, decoding, ended, broken, stopped };

    [[nodiscard]] bool is_decoded() const noexcept { return produced_ > 0 || state_ == state::ended; }
    void decode(std::size_t level, common::bytes_view in, message& m, const position& where);
    void keep_decoded(common::bytes_view bytes, message& m, const position& where);
    void fail(message& m, const position& where);

    struct stage {
        coding kind = coding::unknown;
        bool over = false;
        std::unique_ptr<decoder> with;
        std::vector<std::uint8_t> out;
    };

    [[nodiscard]] stage& next_stage(coding kind);

    state state_ = state::plain;
    bool interrupted_ = false;
    bool raw_cut_ = false;
    bool decoded_cut_ = false;
    std::uint64_t keep_ = 0;
    std::uint64_t consumed_ = 0;
    std::uint64_t produced_ = 0;
    limits most_;
    std::string raw_;       ///< the body as it is: all of it without a coding, else until decoding has begun
    std::string decoded_;
    std::vector<coding> codings_;
    std::vector<std::unique_ptr<stage>> chain_;   ///< outermost coding first
    std::vector<std::unique_ptr<stage>> idle_;    ///< decoders that wait for a body
};

} // namespace weir::session::http
