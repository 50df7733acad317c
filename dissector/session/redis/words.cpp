#include "session/redis/words.hpp"

#include "common/ascii.hpp"

namespace weir::session::redis {

namespace {

constexpr bool is_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r';
}

constexpr char unescaped(char c) noexcept {
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'a':
        return '\a';
    default:
        return c;
    }
}

} // namespace

bool words::next(std::string& word) {
    word.clear();
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
    if (rest_.empty()) return false;
    while (!rest_.empty() && !is_space(rest_.front())) {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        if (c == '"')
            read_double_quotes(word);
        else if (c == '\'')
            read_single_quotes(word);
        else
            word.push_back(c);
    }
    return true;
}

void words::read_double_quotes(std::string& word) {
    while (!rest_.empty() && rest_.front() != '"') {
        const int high = rest_.size() > 3 ? common::hex_digit(rest_[2]) : -1;
        const int low = rest_.size() > 3 ? common::hex_digit(rest_[3]) : -1;
        if (rest_.starts_with("\\x") && high >= 0 && low >= 0) {
            word.push_back(static_cast<char>(high * 16 + low));
            rest_.remove_prefix(4);
        } else if (rest_.front() == '\\' && rest_.size() > 1) {
            word.push_back(unescaped(rest_[1]));
            rest_.remove_prefix(2);
        } else {
            word.push_back(rest_.front());
            rest_.remove_prefix(1);
        }
    }
    close_quotes();
}

void words::read_single_quotes(std::string& word) {
    while (!rest_.empty() && rest_.front() != '\'') {
        if (rest_.starts_with("\\'")) rest_.remove_prefix(1);
        word.push_back(rest_.front());
        rest_.remove_prefix(1);
    }
    close_quotes();
}

void words::close_quotes() noexcept {
    is_unbalanced_ = is_unbalanced_ || rest_.empty();
    if (rest_.empty()) return;
    rest_.remove_prefix(1);
    is_unbalanced_ = is_unbalanced_ || !(rest_.empty() || is_space(rest_.front()));
}

} // namespace weir::session::redis
