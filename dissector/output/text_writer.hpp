// The words of the text view: colours, units, ends of a connection, bytes of the wire. Control characters of
// the wire never reach the terminal: they are shown as \xHH.
#pragma once

#include <string_view>

#include "event/connection.hpp"
#include "event/line_buffer.hpp"

namespace weir::output {

enum class colour : std::uint8_t { dim, bold, green, yellow, red, cyan };

class text_writer {
public:
    explicit text_writer(bool coloured) noexcept
        : coloured_(coloured) {}

    [[nodiscard]] std::string_view view() const noexcept { return out_.view(); }
    void clear() noexcept { out_.clear(); }

    void put(char c) { out_.put(c); }
    /// Text of ours; never bytes of the wire.
    void put(std::string_view text) { out_.put(text); }
    void put_number(std::uint64_t n) { out_.put_number(n); }
    void put_signed(std::int64_t n) { out_.put_signed(n); }
    /// As JSON has it; infinities and NaN are words.
    void put_real(double v) { out_.put_real(v); }
    /// RFC 3339, date and all.
    void put_date(common::timestamp t) { out_.put_time(t); }

    void begin(colour c);
    void end();
    void coloured(colour c, std::string_view text);

    /// UTF-8 as it is, except control characters (C0, DEL, C1); with `lines`, line feeds and tabs stay.
    void wire(std::string_view bytes, bool lines = false);
    /// A blank, and as much of a text as a line holds; "..." where that is not all.
    void put_line_of(std::string_view text);
    /// Time of day in UTC with milliseconds, and a blank: what a person compares; the date stands in the
    /// first line.
    void time(common::timestamp t);
    /// "#7 10.0.0.1:41000 > 10.0.0.1:80" and a blank.
    void ends(const event::connection_ref& c, std::string_view arrow);
    void counted(std::uint64_t n, std::string_view singular, std::string_view plural);
    /// SI units: "13 B", "1.5 kB", "18 MB".
    void size(std::uint64_t bytes);
    /// "36 us", "1.3 ms", "5.0 s", "12 s", "2m05s"; cut, not rounded.
    void took(common::nanoseconds d);

private:
    void tenths(std::uint64_t count);

    event::line_buffer out_;
    bool coloured_;
};

} // namespace weir::output
