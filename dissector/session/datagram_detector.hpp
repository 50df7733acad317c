// The same as detector.hpp for a conversation of datagrams, each of which begins anew.
#pragma once

#include "session/detector.hpp"

namespace weir::session {

class datagram_detector final : public flow::datagram_consumer {
public:
    explicit datagram_detector(const detection& shared) noexcept
        : shared_(shared) {}

    void open(const flow::identity& conversation) noexcept;
    void close() noexcept;

    void on_datagram(const flow::datagram& d) override;
    void on_close(event::close_reason why, common::timestamp ts) override;
    [[nodiscard]] std::optional<common::timestamp> due() const noexcept override {
        return session_ != nullptr ? session_->due() : std::nullopt;
    }
    void on_due(common::timestamp ts) override {
        if (session_ != nullptr) session_->on_due(ts);
    }
    [[nodiscard]] std::string_view service() const noexcept override {
        return session_ != nullptr ? spoken_->name() : std::string_view();
    }

private:
    /// An application may know the protocol and not take it on datagrams.
    [[nodiscard]] bool begin(const recognised& r);
    void drop_beginning() noexcept;

    const detection& shared_;
    place place_;
    const application* first_ = nullptr; ///< to be asked, by a hint
    application* spoken_ = nullptr;
    flow::datagram_consumer* session_ = nullptr;
    held_stream* beginning_ = nullptr; ///< datagrams; the offset of a piece is its length on the wire
    std::size_t probes_left_ = 0;
};

} // namespace weir::session
