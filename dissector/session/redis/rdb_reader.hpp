// The RDB payload that a master sends to its replica (PSYNC, SYNC): counted, never kept. Either its length is
// announced ("$1234"), or a mark of 40 bytes ends it ("$EOF:...", a diskless master). Line feeds before it
// keep the connection alive.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "session/redis/scanner.hpp"

namespace weir::session::redis {

class rdb_reader {
public:
    enum class outcome : std::uint8_t {
        need_more,
        over,   ///< what follows are commands
        no_rdb, ///< something else begins here
    };

    void begin() noexcept;
    [[nodiscard]] outcome next(std::string_view& data) noexcept;
    /// False where the payload's end is lost by this hole.
    [[nodiscard]] bool skip(std::uint64_t length) noexcept;

    /// Bytes of the payload that were seen.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    /// Its header was read.
    [[nodiscard]] bool is_inside() const noexcept { return state_ != state::header; }

private:
    enum class state : std::uint8_t { header, counted, until_mark };
    static constexpr std::size_t mark_size = 40;
    static constexpr std::size_t longest_header = 64;

    [[nodiscard]] outcome read_header(std::string_view& data) noexcept;
    [[nodiscard]] outcome read_until_mark(std::string_view& data) noexcept;

    state state_ = state::header;
    std::array<char, longest_header> header_{};
    std::size_t header_size_ = 0;
    std::array<char, mark_size> mark_{};
    std::array<char, mark_size> tail_{}; ///< the last bytes, oldest first, where the mark may have begun
    std::size_t tail_size_ = 0;
    std::uint64_t remaining_ = 0;
    std::uint64_t size_ = 0;
};

} // namespace weir::session::redis
