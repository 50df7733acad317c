// What is kept of one body: its first bytes, decoded as they come; its SHA-256; the fields of a form. Must
// never hold more than the limit of decoded bytes, and as many that a decoder has not answered yet.
#pragma once

#include <array>
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

namespace weir::session {
class sha256;
}

namespace weir::session::http {

/// Hears of the decoded bytes of a body as they come.
class decoded_listener {
public:
    virtual void on_decoded(std::string_view bytes, const position& where) = 0;

protected:
    ~decoded_listener() = default;
};

class form;

/// What is wanted of a body, decoded.
struct body_uses {
    std::uint64_t keep = 0; ///< how many of its first bytes
    bool hash = false;
    std::string_view form_type = {};      ///< the Content-Type of a form that is to be read; empty: none
    decoded_listener* listener = nullptr; ///< hears of all of it
};

class kept_body {
public:
    /// `room`: for bytes of all bodies together; must outlive it.
    explicit kept_body(std::uint64_t& room) noexcept;
    ~kept_body();

    /// For a body in these codings, in the order in which they were applied. Adds a note where a coding is
    /// not supported: then the bytes are taken as they are.
    void begin(std::span<const coding> codings, findings& notes, const position& where, const limits& most,
               const body_uses& uses);
    void append(findings& notes, std::string_view bytes, const position& where);
    /// Bytes are missing here: data ends before them.
    void interrupt() noexcept;
    /// `complete`: every byte of the body was seen.
    void end(findings& notes, bool complete, const position& where);
    /// Frees what has grown above `buffer_kept`.
    void clear(std::size_t buffer_kept);

    /// After end().
    [[nodiscard]] std::string_view data() const noexcept { return kept_; }
    /// Some decoded bytes are not in data().
    [[nodiscard]] bool is_cut() const noexcept { return cut_; }
    /// A limit other than that of uses ended it.
    [[nodiscard]] bool is_limited() const noexcept { return limited_; }
    /// In hexadecimal; empty where it was not wanted, or not all of the body was seen and decoded.
    [[nodiscard]] std::string_view digest() const noexcept { return {digest_.data(), digest_size_}; }
    /// Null where it is none, or was not wanted.
    [[nodiscard]] const form* fields() const noexcept { return reads_form_ ? form_.get() : nullptr; }
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
    void store(std::string_view bytes, findings& notes, const position& where);
    void fail(std::size_t level, findings& notes, const position& where);

    bool stopped_ = false; ///< nothing more is kept
    bool partial_ = false; ///< how much came out is not known
    bool cut_ = false;
    bool limited_ = false;
    std::uint64_t& room_;
    std::uint64_t limit_ = 0;
    std::uint64_t consumed_ = 0;
    std::uint64_t produced_ = 0;
    decoded_listener* listener_ = nullptr;
    limits most_;
    std::string kept_;
    bool hashes_ = false;
    bool reads_form_ = false;
    std::unique_ptr<sha256> hash_; ///< made with the first body that wants it, as the next
    std::unique_ptr<form> form_;
    std::array<char, 64> digest_{};
    std::size_t digest_size_ = 0;
    std::vector<std::unique_ptr<stage>> chain_; ///< the coding that was applied last comes first
    std::vector<std::unique_ptr<stage>> idle_;  ///< wait for another body
};

} // namespace weir::session::http
