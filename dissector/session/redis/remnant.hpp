// Whether a string that the server says may be a secret which a hole cut off the list it belongs to: the
// value of a parameter that CONFIG GET gave, or a hash of ACL GETUSER. Must never suspect where each reply's
// beginning was seen, nor where nothing asked for secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "session/redis/command.hpp"

namespace weir::session::redis {

/// Whether its reply may hold a secret; a command whose name is missing may be any.
[[nodiscard]] bool asks_for_secrets(const command& c) noexcept;

class remnant_watch {
public:
    /// `most`: strings in a row that may be rests of one reply.
    explicit remnant_watch(std::size_t most) noexcept
        : most_(most) {}

    /// `in_the_middle`: what was asked before is not known, nor where a reply begins.
    void reset(bool in_the_middle) noexcept;
    void asked(const command& c) noexcept;
    void commands_lost() noexcept;
    /// Where the next reply begins is not known.
    void replies_lost() noexcept;
    /// The next reply begins where the client had received everything before it asked.
    void begins_anew() noexcept;
    /// And only these wait for a reply, none that was not seen.
    void begins_anew(std::span<command* const> waiting) noexcept;
    /// Of the reply that came next, which answers `c`.
    [[nodiscard]] suspicion of(const command& c, const reply& r) noexcept;

private:
    enum class state : std::uint8_t {
        sure,  ///< nothing that waits for its reply asked for secrets, and replies are seen from their first
               ///< byte
        asked, ///< something may have
        loose, ///< as sure, and the next reply may have begun in a hole
        cut,   ///< both
    };
    state state_ = state::sure;
    const std::size_t most_;
    std::size_t strings_ = 0; ///< said since the state is cut
};

} // namespace weir::session::redis
