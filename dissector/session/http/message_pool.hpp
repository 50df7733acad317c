// Messages and kept bodies that are used over and over.
#pragma once

#include "session/http/kept_body.hpp"
#include "session/http/limits.hpp"
#include "session/http/message.hpp"
#include "session/pool.hpp"

namespace weir::session::http {

class message_pool {
public:
    /// `most` must outlive the pool.
    explicit message_pool(const limits& most) noexcept
        : most_(most)
        , room_(most.kept_bytes) {}

    [[nodiscard]] message* take(message_kind kind) {
        message* const m = messages_.take();
        m->clear(kind, most_.buffer_kept);
        return m;
    }

    /// Null is allowed. The message's kept body is given back with it.
    void give(message* m) noexcept {
        if (m == nullptr) return;
        if (m->body != nullptr) {
            m->body->clear(most_.buffer_kept);
            bodies_.give(m->body);
            m->body = nullptr;
        }
        messages_.give(m);
    }

    [[nodiscard]] kept_body* take_body() { return bodies_.take(room_); }
    [[nodiscard]] std::size_t in_use() const noexcept { return messages_.in_use() + bodies_.in_use(); }

private:
    const limits& most_;
    std::uint64_t room_; ///< for bytes of bodies
    pool<message> messages_;
    pool<kept_body> bodies_;
};

} // namespace weir::session::http
