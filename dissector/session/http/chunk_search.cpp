#include "session/http/chunk_search.hpp"

#include "session/http/text.hpp"

namespace weir::session::http {

void chunk_search::begin() noexcept {
    guesses_ = {};
    count_ = 0;
    skip();
}

void chunk_search::skip() noexcept {
    at_ = place::size; // the line end before it may have been in the hole
    value_ = 0;
    digits_ = line_bytes_ = 0;
    after_line_end_ = false;
}

void chunk_search::add_guess(std::uint64_t after_line) noexcept {
    constexpr std::uint64_t line_end = 2;
    guess g;
    g.end = after_line + value_;
    g.framing = line_bytes_ + (after_line_end_ ? line_end : 0) + line_end;
    g.is_last = value_ == 0;
    guesses_[count_++ % most_guesses] = g;
}

/// CR and LF at `at` and behind it: a chunk may end before them.
std::optional<chunk_search::answer> chunk_search::on_line_end(std::uint64_t at) noexcept {
    before_ = {};
    for (const guess& g : guesses_) {
        if (g.framing == 0 || g.end != at) continue;
        if (g.is_last) return answer{answer::kind::end, at + 2, 0, g.framing};
        before_ = g;
    }
    return std::nullopt;
}

chunk_search::answer chunk_search::look(std::string_view data, std::uint64_t offset) noexcept {
    for (std::size_t i = 0; i < data.size(); ++i) {
        const char c = data[i];
        switch (at_) {
        case place::data: {
            const std::size_t cr = data.find('\r', i);
            if (cr == std::string_view::npos) return {};
            i = cr;
            at_ = place::cr;
            break;
        }
        case place::cr:
        case place::size_cr: {
            if (c != '\n') {
                at_ = c == '\r' ? place::cr : place::data;
                break;
            }
            const std::uint64_t end = offset + i;
            if (at_ == place::size_cr) {
                ++line_bytes_;
                if (before_.framing > 0)
                    return {answer::kind::found, end + 1, value_, before_.framing + line_bytes_};
                add_guess(end + 1);
            }
            const auto found = on_line_end(end - 1);
            at_ = place::size;
            value_ = 0;
            digits_ = line_bytes_ = 0;
            after_line_end_ = true;
            if (found) return *found;
            break;
        }
        case place::size: {
            const int digit = hex_digit(c);
            ++line_bytes_;
            if (digit >= 0 && digits_ < most_digits) {
                value_ = value_ * 16 + static_cast<std::uint64_t>(digit);
                ++digits_;
            } else if (c == '\n' && line_bytes_ == 1 && !after_line_end_) {
                line_bytes_ = 0; // the hole ended between CR and LF
            } else if (c == '\r') {
                at_ = digits_ > 0 ? place::size_cr : place::cr;
            } else {
                at_ = digits_ > 0 && (c == ';' || is_blank(c)) ? place::extension : place::data;
            }
            break;
        }
        case place::extension:
            ++line_bytes_;
            if (c == '\r')
                at_ = place::size_cr;
            else if (c == '\n' || line_bytes_ > most_line)
                at_ = place::data;
            break;
        }
    }
    return {};
}

} // namespace weir::session::http
