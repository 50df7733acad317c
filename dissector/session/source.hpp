// The session source of the pipeline: every stream and every conversation of datagrams gets a detector, which
// finds by content what is spoken. Inner streams of sessions get one too.
#pragma once

#include <memory>

#include "flow/stream.hpp"
#include "session/context.hpp"
#include "session/limits.hpp"
#include "session/registry.hpp"

namespace weir::session {

struct limits : detection_limits {
    applications::limits each;

    /// Those of one application.
    template <class Application>
    [[nodiscard]] typename Application::limits& of() noexcept {
        return std::get<applications::index_of<Application>()>(each);
    }
};

/// Sessions are pooled: none is allocated in steady state. `shared` must outlive it.
[[nodiscard]] std::unique_ptr<flow::session_source> make_source(context& shared, const limits& most = {});

} // namespace weir::session
