#include "output/text_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace weir::output {

namespace {

constexpr std::string_view white = " \t\r\n";
/// Deeper elements stand no further to the right.
constexpr std::size_t deepest_indent = 16;

/// Writes lines until there are enough, and counts the others.
class indented {
public:
    indented(text_writer& out, std::string_view gutter, std::size_t most) noexcept
        : out_(out)
        , gutter_(gutter)
        , most_(most) {}

    void line(std::size_t depth) {
        if (lines_ > 0 && lines_ <= most_) out_.put('\n');
        ++lines_;
        if (lines_ > most_) return;
        out_.coloured(colour::dim, gutter_);
        for (std::size_t i = 0; i < std::min(depth, deepest_indent); ++i) out_.put("  ");
    }
    void put(std::string_view token) {
        if (lines_ <= most_) out_.wire(token);
    }
    void end() {
        if (lines_ > most_) {
            out_.coloured(colour::dim, gutter_);
            out_.begin(colour::dim);
            out_.put("... ");
            out_.counted(lines_ - most_, "line more", "lines more");
            out_.end();
        }
        out_.put('\n');
    }

private:
    text_writer& out_;
    std::string_view gutter_;
    std::size_t most_;
    std::size_t lines_ = 0;
};

/// The size of the token that `text` begins with: a string, a number, a word, or one character.
std::size_t token_size(std::string_view text) noexcept {
    if (text.front() != '"') {
        const std::size_t end = text.find_first_of(",:[]{} \t\r\n\"");
        return end == 0 ? 1 : std::min(end, text.size());
    }
    std::size_t i = 1;
    while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2U : 1U;
    return std::min(i + 1, text.size());
}

std::string_view without_white(std::string_view text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(white), text.size()));
    return text;
}

} // namespace

bool is_json_structure(std::string_view text) {
    const std::string_view begin = without_white(text);
    if (begin.empty() || (begin.front() != '{' && begin.front() != '[')) return false;
    const std::string_view first = without_white(begin.substr(1));
    if (first.empty() || first.front() == '}' || first.front() == ']') return false;
    return nlohmann::json::accept(text);
}

void put_indented_json(text_writer& out, std::string_view text, std::string_view gutter,
                       std::size_t most_lines) {
    indented to(out, gutter, most_lines);
    std::size_t depth = 0;
    to.line(0);
    for (text = without_white(text); !text.empty(); text = without_white(text)) {
        const std::string_view token = text.substr(0, token_size(text));
        text.remove_prefix(token.size());
        switch (token.front()) {
        case '{':
        case '[': {
            to.put(token);
            const std::string_view next = without_white(text);
            const bool is_empty = !next.empty() && (next.front() == '}' || next.front() == ']');
            ++depth;
            if (!is_empty) {
                to.line(depth);
                break;
            }
            --depth;
            to.put(next.substr(0, 1));
            text = next.substr(1);
            break;
        }
        case '}':
        case ']':
            depth -= static_cast<std::size_t>(depth > 0);
            to.line(depth);
            to.put(token);
            break;
        case ',':
            to.put(token);
            to.line(depth);
            break;
        case ':':
            to.put(": ");
            break;
        default:
            to.put(token);
        }
    }
    to.end();
}

} // namespace weir::output
