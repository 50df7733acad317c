// The commands of Redis (7.0, and what 7.2 and 7.4 added), and what of them a reader of the wire must know:
// which ones change how the connection goes on, which ones wait on purpose, and where secrets stand.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir::session::redis {

enum class meaning : std::uint8_t {
    unknown, ///< no command of Redis itself: a module's, or none
    plain,   ///< one reply, and nothing else
    blocking,
    may_block,   ///< with the option BLOCK
    subscribe,   ///< one reply a channel
    unsubscribe, ///< the same; without arguments, one for each channel there is
    monitor,     ///< behind its reply: a line for each command of anybody
    multi,
    end_multi, ///< EXEC, DISCARD
    client,    ///< CLIENT REPLY says who is answered
    reset,
    psync, ///< behind its reply: an RDB payload, and the commands of others
    sync,  ///< the same without a reply
    replconf,
    auth,
    hello,
    config,
    acl,
    migrate,
    sentinel,
};

/// `name` in capitals.
[[nodiscard]] meaning meaning_of(std::string_view name) noexcept;

/// Whether a command of Redis begins so; in capitals.
[[nodiscard]] bool begins_command(std::string_view letters) noexcept;

/// An argument, as far as it is kept.
struct argument {
    std::string_view text;
    bool is_whole = true;   ///< no byte of it is missing; it may be cut
    bool is_secret = false; ///< set by mark_secrets()
};

/// Marks the arguments that no output may hold: passwords, and what may be one because the word before it is
/// missing. `name` is in capitals; empty: it is not known, and so every argument may be one.
void mark_secrets(std::string_view name, std::span<argument> arguments) noexcept;

/// Parameters of CONFIG SET and SENTINEL SET whose values are secret; in any case of letters. The second is
/// for a name of which only the beginning was seen.
[[nodiscard]] bool is_secret_parameter(std::string_view name) noexcept;
[[nodiscard]] bool begins_secret_parameter(std::string_view letters) noexcept;

/// Whether the reply holds hashes of passwords, or one that it made up: ACL GETUSER, LIST, GENPASS.
[[nodiscard]] bool has_secret_reply(std::string_view name, std::span<const argument> arguments) noexcept;

} // namespace weir::session::redis
