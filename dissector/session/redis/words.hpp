// The words of one line, as Redis reads an inline command and writes a line of MONITOR: blanks between them,
// "quotes" with escapes (\n, \x41), 'quotes' with \' only.
#pragma once

#include <string>
#include <string_view>

namespace weir::session::redis {

class words {
public:
    explicit words(std::string_view line) noexcept
        : rest_(line) {}

    /// False where there is none left.
    [[nodiscard]] bool next(std::string& word);
    /// Quotes did not close, or something but a blank followed them.
    [[nodiscard]] bool is_unbalanced() const noexcept { return is_unbalanced_; }

private:
    void read_double_quotes(std::string& word);
    void read_single_quotes(std::string& word);
    void close_quotes() noexcept;

    std::string_view rest_;
    bool is_unbalanced_ = false;
};

} // namespace weir::session::redis
