// Text in a declared charset becomes UTF-8, by iconv(3). Opening a converter loads code and tables from
// files, so it is done once, before the walls; converting needs nothing of the system.
//
// Must never answer half a text: what is not in its charset stays bytes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace weir::session {

class charsets {
public:
    /// Opens the converters; one that this system lacks is left out, and its texts stay bytes.
    charsets() noexcept;
    ~charsets();
    charsets(const charsets&) = delete;
    charsets& operator=(const charsets&) = delete;

    /// `text` as UTF-8 in `out`, and the IANA name of its charset; nothing where `label` names none of ours
    /// or `text` is not in it. `cut`: the text was cut, so a character may be cut too, and is left out.
    [[nodiscard]] std::optional<std::string_view> decode(std::string_view label, std::string_view text,
                                                         bool cut, std::string& out);

private:
    static constexpr std::size_t count = 5;
    std::array<void*, count> converters_; ///< iconv_t, in the order of the table in charset.cpp
};

/// Without the character at the end of which only a part is there, where all before it is UTF-8.
[[nodiscard]] std::string_view whole_characters(std::string_view text) noexcept;

} // namespace weir::session
