#include "session/redis/rdb_reader.hpp"

#include <algorithm>

namespace weir::session::redis {

void rdb_reader::begin() noexcept {
    state_ = state::header;
    header_size_ = tail_size_ = 0;
    size_ = remaining_ = 0;
}

rdb_reader::outcome rdb_reader::next(std::string_view& data) noexcept {
    while (!data.empty()) {
        if (state_ == state::header) {
            const outcome o = read_header(data);
            if (o != outcome::need_more || data.empty()) return o;
            continue;
        }
        if (state_ == state::until_mark) return read_until_mark(data);
        const std::uint64_t n = std::min<std::uint64_t>(remaining_, data.size());
        data.remove_prefix(n);
        size_ += n;
        remaining_ -= n;
        if (remaining_ == 0) return outcome::over;
    }
    return outcome::need_more;
}

rdb_reader::outcome rdb_reader::read_header(std::string_view& data) noexcept {
    while (header_size_ == 0 && !data.empty() && data.front() == '\n') data.remove_prefix(1);
    if (data.empty()) return outcome::need_more;
    if (header_size_ == 0 && data.front() != '$') return outcome::no_rdb;
    while (!data.empty() && header_size_ < longest_header) {
        const char c = data.front();
        data.remove_prefix(1);
        if (c != '\n') {
            header_[header_size_++] = c;
            continue;
        }
        std::string_view line(header_.data(), header_size_);
        if (line.ends_with('\r')) line.remove_suffix(1);
        line.remove_prefix(1);
        if (line.starts_with("EOF:") && line.size() == 4 + mark_size) {
            std::copy_n(line.begin() + 4, mark_size, mark_.begin());
            state_ = state::until_mark;
            return outcome::need_more;
        }
        std::int64_t length = 0;
        if (!parse_integer(line, length) || length < 0) return outcome::no_rdb;
        remaining_ = static_cast<std::uint64_t>(length);
        state_ = state::counted;
        return remaining_ == 0 ? outcome::over : outcome::need_more;
    }
    return header_size_ == longest_header ? outcome::no_rdb : outcome::need_more;
}

/// Nothing but the mark can look like it: it is made by chance for each payload.
rdb_reader::outcome rdb_reader::read_until_mark(std::string_view& data) noexcept {
    const std::string_view mark(mark_.data(), mark_.size());
    // A mark that began in what came before, and ends here.
    std::array<char, 2 * mark_size> seam;
    const std::size_t more = std::min(data.size(), mark_size);
    std::copy_n(tail_.begin(), tail_size_, seam.begin());
    std::copy_n(data.begin(), more, seam.begin() + static_cast<std::ptrdiff_t>(tail_size_));
    const std::size_t in_seam = std::string_view(seam.data(), tail_size_ + more).find(mark);
    const std::size_t in_data = in_seam == std::string_view::npos ? data.find(mark) : in_seam;
    if (in_data != std::string_view::npos) {
        const std::size_t end =
            in_seam != std::string_view::npos ? in_seam + mark_size - tail_size_ : in_data + mark_size;
        size_ += end;
        size_ -= mark_size;
        data.remove_prefix(end);
        return outcome::over;
    }
    size_ += data.size();
    if (data.size() >= mark_size) {
        tail_size_ = mark_size;
        std::copy_n(data.end() - mark_size, mark_size, tail_.begin());
    } else {
        const std::size_t both = tail_size_ + data.size();
        tail_size_ = std::min(both, mark_size);
        std::copy_n(seam.begin() + static_cast<std::ptrdiff_t>(both - tail_size_), tail_size_, tail_.begin());
    }
    data = {};
    return outcome::need_more;
}

bool rdb_reader::skip(std::uint64_t length) noexcept {
    if (state_ == state::header) return false;
    if (state_ == state::until_mark) {
        tail_size_ = 0;
        return true;
    }
    if (length > remaining_) return false;
    remaining_ -= length;
    return true;
}

} // namespace weir::session::redis
