// Reads the fields of a form from the body of a request as its bytes come: application/x-www-form-urlencoded
// (WHATWG URL section 5.1) and multipart/form-data (RFC 7578, RFC 2046 section 5.1). Of a file only its name,
// type and size are kept. Must never keep more than limits::form_bytes, nor look at a byte twice.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "session/http/limits.hpp"
#include "session/http/piece.hpp"

namespace weir::session::http {

class form {
public:
    enum class kind : std::uint8_t { none, urlencoded, multipart };
    /// What a Content-Type says that its body is.
    [[nodiscard]] static kind kind_of(std::string_view content_type) noexcept;

    struct field {
        piece name, value, file_name, content_type;
        std::uint64_t size = 0; ///< of the value or the file, bytes
        bool is_file = false;
        bool has_type = false;
        bool truncated = false; ///< something of it was left out
    };

    /// A new body of this content type, which kind_of() knows.
    void begin(std::string_view content_type, const limits& most);
    void append(std::string_view bytes);
    /// Bytes are missing here: nothing behind them is read.
    void interrupt() noexcept;
    /// `complete`: every byte of the body was seen.
    void end(bool complete);

    [[nodiscard]] const std::vector<field>& fields() const noexcept { return fields_; }
    [[nodiscard]] std::string_view view(piece p) const noexcept {
        return std::string_view(text_).substr(p.at, p.size);
    }
    /// Fields are left out, or may be missing.
    [[nodiscard]] bool is_cut() const noexcept { return cut_; }
    /// It is not written as its type says.
    [[nodiscard]] bool is_invalid() const noexcept { return invalid_; }
    [[nodiscard]] bool is_over_limit() const noexcept { return over_limit_; }

private:
    /// Where a form is in its bytes.
    enum class at : std::uint8_t {
        name,     ///< urlencoded: before "="
        value,    ///< urlencoded: behind it
        preamble, ///< multipart: before the first delimiter
        head,     ///< of a part
        data,     ///< of a part
        over,     ///< behind the last delimiter
    };

    [[nodiscard]] field* add_field();
    void put(piece& to, std::string_view bytes);
    void put_value(std::string_view bytes);

    void read_pairs(std::string_view bytes);
    [[nodiscard]] bool read_escape(char c);
    void give_back_escape();
    void put_decoded(std::string_view bytes);

    void read_parts(std::string_view bytes);
    [[nodiscard]] bool read_delimiter_end(char c);
    void give_back_delimiter();
    void put_in_part(std::string_view bytes);
    void end_part();
    void read_part_head();
    void read_disposition(std::string_view value, field& to);

    limits most_;
    at at_ = at::over;
    bool stopped_ = false, cut_ = false, invalid_ = false, over_limit_ = false;
    bool in_field_ = false; ///< the last of fields_ is being read
    std::string text_;
    std::vector<field> fields_;

    std::array<char, 2> escape_{}; ///< "%" and a digit, so far
    std::size_t escape_size_ = 0;

    std::string delimiter_;     ///< CR LF, two hyphens and the boundary
    std::size_t matched_ = 0;   ///< bytes of it that were seen
    std::string delimiter_end_; ///< what was seen behind all of it
    std::string head_;          ///< of the part at hand
    unsigned head_end_ = 0;     ///< bytes of CR LF CR LF that were seen
};

} // namespace weir::session::http
