// Where a session stands: on a connection, or inside another session of it. Sessions know their connection
// through this only.
#pragma once

#include "flow/stream.hpp"

namespace weir::session {

using flow::side;

class place final : public flow::identity {
public:
    /// On a connection, which must outlive it.
    void stand_on(const flow::identity& connection) noexcept {
        connection_ = &connection;
        outer_ = nullptr;
        depth_ = 0;
        secure_ = false;
        counted_ = 0;
    }
    /// Inside the session at `outer`, which must outlive it; `secure`: what is inside was encrypted.
    void stand_in(const place& outer, bool secure) noexcept {
        connection_ = outer.connection_;
        outer_ = &outer;
        depth_ = outer.depth_ + 1;
        secure_ = secure || outer.secure_;
    }

    [[nodiscard]] event::connection_ref ref() const override { return connection_->ref(); }
    [[nodiscard]] event::endpoint end(side s) const override { return connection_->end(s); }
    /// On a connection only: inside another session nobody is woken.
    void wake_at(std::optional<common::timestamp> at) const noexcept override {
        if (outer_ == nullptr) connection_->wake_at(at);
    }
    [[nodiscard]] std::optional<common::nanoseconds> handshake() const override {
        return connection_->handshake();
    }
    [[nodiscard]] bool midstream() const override { return outer_ == nullptr && connection_->midstream(); }
    [[nodiscard]] std::optional<event::tcp_stalls> stalled() const override { return connection_->stalled(); }
    [[nodiscard]] event::missing_cause cause_now(const flow::gap& g) const override {
        return connection_->cause_now(g);
    }

    /// The place of the session around this one; null on the connection itself.
    [[nodiscard]] const place* outer() const noexcept { return outer_; }
    [[nodiscard]] unsigned depth() const noexcept { return depth_; }
    /// Whether anybody on the way could read it.
    [[nodiscard]] bool is_secure() const noexcept { return secure_; }
    /// The number of an exchange whose first byte is here now: from 1, over all sessions of the connection.
    [[nodiscard]] std::uint64_t next_exchange() const noexcept {
        const place* outermost = this;
        while (outermost->outer_ != nullptr) outermost = outermost->outer_;
        return ++outermost->counted_;
    }

private:
    const flow::identity* connection_ = nullptr;
    const place* outer_ = nullptr;
    unsigned depth_ = 0;
    bool secure_ = false;
    mutable std::uint64_t counted_ = 0; ///< of the outermost
};

} // namespace weir::session
