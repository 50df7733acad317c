// The bytes of one body that are reported with --bodies: decoded as they come, cut at the limit, never stored
// whole. Must never hold more than the limit of decoded bytes, and as many that a decoder has not answered
// yet.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "session/coding/coding.hpp"
#include "session/coding/decoder.hpp"
#include "session/http/anomalies.hpp"
#include "session/http/limits.hpp"

namespace weir::session::http {

/// Hears of the decoded bytes of a body as they come.
class decoded_listener {
public:
    virtual void on_decoded(std::string_view bytes, const position& where) = 0;

protected:
    ~decoded_listener() = default;
};

class kept_body {
public:
    /// For a body in these codings, in the order in which they were applied; of its bytes the first `keep`
    /// are kept, decoded. Adds a note where a coding is not supported: then the bytes are kept as they are.
    /// `listener`, where there is one, hears of all of them.
    void begin(std::span<const coding> codings, findings& notes, const position& where, const limits& most,
               std::uint64_t keep, decoded_listener* listener = nullptr);
    void append(findings& notes, std::string_view bytes, const position& where);
    /// Bytes are missing here: data ends before them.
    void interrupt() noexcept;
    /// `complete`: every byte of the body was seen.
    void end(findings& notes, bool complete, const position& where);
    /// Frees what has grown above `buffer_kept`.
    void clear(std::size_t buffer_kept);

    /// After end().
    [[nodiscard]] std::string_view data() const noexcept { return kept_; }
    [[nodiscard]] bool truncated() const noexcept { return cut_; }
    /// Where a coding was undone to the end of the body.
    [[nodiscard]] std::optional<std::uint64_t> decoded_size() const noexcept;

private:
    /// One coding that is being undone.
    struct stage {
        explicit stage(coding c);

        coding kind;
        std::unique_ptr<decoder> with;
        std::vector<std::uint8_t> out;
        std::string
            unanswered;     ///< input before the first output: given on as it is where the coding is not true
        bool began = false; ///< has put out something, or came to its end
        bool over = false;
        bool bypassed = false;
    };

    [[nodiscard]] std::unique_ptr<stage> take_stage(coding kind);
    void push(std::size_t level, common::bytes_view in, findings& notes, const position& where);
    void decode(std::size_t level, common::bytes_view in, findings& notes, const position& where);
    void keep(common::bytes_view bytes, findings& notes, const position& where);
    void fail(std::size_t level, findings& notes, const position& where);

    bool stopped_ = false; ///< nothing more is kept
    bool partial_ = false; ///< how much came out is not known
    bool cut_ = false;
    std::uint64_t limit_ = 0;
    std::uint64_t consumed_ = 0;
    std::uint64_t produced_ = 0;
    decoded_listener* listener_ = nullptr;
    limits most_;
    std::string kept_;
    std::vector<std::unique_ptr<stage>> chain_; ///< the coding that was applied last comes first
    std::vector<std::unique_ptr<stage>> idle_;  ///< wait for another body
};

} // namespace weir::session::http
