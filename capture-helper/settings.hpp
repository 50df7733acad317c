// Lines of words and KEY=VALUE settings, the grammar that requests and capture.conf(5) share: words are separated by
// blanks, `filter=` takes the rest of the line. Must never read outside the line.
#pragma once

#include <algorithm>
#include <string_view>

namespace weir::capture_helper {

struct setting {
    std::string_view key;    ///< the whole word where it has no '='
    std::string_view value;  ///< empty where there is none
    std::size_t column = 1;  ///< of the word in its line, in bytes from 1
};

class settings_line {
public:
    explicit settings_line(std::string_view line) noexcept : line_(line) {}

    /// The next word; false at the end of the line.
    [[nodiscard]] bool next(setting& out) noexcept {
        at_ = std::min(line_.find_first_not_of(" \t", at_), line_.size());
        if (at_ == line_.size()) return false;
        const bool takes_rest = line_.substr(at_).starts_with("filter=");
        const std::size_t end = takes_rest ? line_.size() : std::min(line_.find_first_of(" \t", at_), line_.size());
        const std::string_view word = line_.substr(at_, end - at_);
        const std::size_t equals = word.find('=');
        const bool has_value = equals != std::string_view::npos;
        out = {word.substr(0, equals), has_value ? word.substr(equals + 1) : std::string_view(), at_ + 1};
        at_ = end;
        return true;
    }

private:
    std::string_view line_;
    std::size_t at_ = 0;
};

} // namespace weir::capture_helper
