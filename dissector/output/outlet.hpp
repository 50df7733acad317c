// One output of several: which events it selects, what it makes of them, where that goes, and what it does
// while that place takes nothing. Must never hold more than its backlog, nor lose an event uncounted.
#pragma once

#include <memory>
#include <string>

#include "output/destination.hpp"
#include "output/event_output.hpp"

namespace weir::output {

/// What to do about a reader that is slower than the capture.
enum class on_slow : std::uint8_t {
    wait, ///< the capture waits with it, and the kernel counts what it drops
    drop, ///< events are dropped for this output alone, and counted
};

class outlet {
public:
    struct settings {
        std::string name; ///< the file, or "-"
        event::mask selection;
        bool at_intervals = true; ///< capture.stats that nobody asked for
        on_slow slow = on_slow::wait;
        bool outlives_full_disk = false;
    };

    /// Bytes that wait for a destination, beyond which events are dropped: what a busy second makes.
    static constexpr std::size_t backlog = 4 * 1024 * 1024;

    outlet(settings s, std::unique_ptr<event_output> form, std::unique_ptr<destination> to)
        : settings_(std::move(s))
        , form_(std::move(form))
        , to_(std::move(to)) {}

    /// True where the event is to be put; otherwise it was not asked for, or is dropped and counted.
    [[nodiscard]] bool takes(const event::any_event& e);
    void put(const event::any_event& e) { form_->on_event(e); }
    /// The same, for outlets of the same form: what it made of the event, valid until the next call.
    std::string_view put_to_share(const event::any_event& e);
    /// What an outlet of the same form made of it.
    void copy(std::string_view made) { form_->copy(made); }
    [[nodiscard]] std::string_view form() const noexcept { return form_->form(); }

    void begin() { form_->begin(); }
    void end() { form_->end(); }

    /// Writes what is pending, as far as it goes. `full`: no room, and there may be some later.
    [[nodiscard]] written write();
    /// How the last write() ended.
    [[nodiscard]] written state() const noexcept { return state_; }
    [[nodiscard]] bool is_over() const noexcept {
        return state_ == written::closed || state_ == written::failed;
    }
    /// Nobody reads it any more.
    void close() noexcept { state_ = written::closed; }
    /// There was no room, and nobody waits for it any more.
    void give_up() noexcept { state_ = written::failed; }
    /// Goes on in another regular file; a line that was begun stays torn in the old one.
    void replace(int fd) noexcept;

    [[nodiscard]] std::size_t pending() const noexcept { return form_->pending().size() - sent_; }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    [[nodiscard]] const settings& how() const noexcept { return settings_; }
    [[nodiscard]] destination& to() noexcept { return *to_; }

private:
    settings settings_;
    std::unique_ptr<event_output> form_;
    std::unique_ptr<destination> to_;
    std::size_t sent_ = 0; ///< of what the form holds
    std::uint64_t dropped_ = 0;
    written state_ = written::all;
};

} // namespace weir::output
