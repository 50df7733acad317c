// What a request is for: the four forms of the target, and the Host field (RFC 9112 section 3.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "session/http/message.hpp"

namespace weir::session::http {

/// "host:port" of an absolute-form target, without user information.
[[nodiscard]] std::optional<std::string_view> authority_of(std::string_view target) noexcept;

/// Notes a target of no form, and a Host field that is missing or contradicts.
void check_target(message& request);

/// The first Host field.
[[nodiscard]] std::optional<std::string_view> host_field(const message& request) noexcept;

/// The target URI of a target without authority (RFC 9112 section 3.3); empty where it has none.
void write_url(std::string_view host, std::string_view target, bool secure, std::string& out);

} // namespace weir::session::http
