// HTTP/1 as source.cpp sees it.
#pragma once

#include <memory>

#include "session/context.hpp"
#include "session/http/limits.hpp"
#include "session/protocol.hpp"

namespace weir::session::http {

/// `shared` must outlive it.
[[nodiscard]] std::unique_ptr<protocol> make_protocol(context& shared, const limits& most);

} // namespace weir::session::http
