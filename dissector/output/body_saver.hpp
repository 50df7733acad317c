// Writes the body of each HTTP message, decoded, into a file named after its content: `--save DIR
// --save-bodies`. The name is the SHA-256 of the bytes and an ending from a fixed table of content types, so
// that nothing in it comes from the wire. The hash comes before the name: a body is held until it is over,
// and one above the limit is not saved. Passes every event on; an exchange then names its files.
#pragma once

#include <functional>
#include <string>
#include <unordered_set>

#include "event/any_event.hpp"
#include "event/http_events.hpp"
#include "event/sink.hpp"
#include "output/saved_files.hpp"

namespace weir::output {

class body_saver final : public event::sink {
public:
    /// `into` is open, as a folder called "bodies"; bodies of more than `largest` bytes are not saved.
    /// `remark` is called with what a person should know: a limit is reached, the disk is full.
    body_saver(event::sink& next, saved_files& into, save_budget& budget, std::uint64_t largest,
               std::function<void(const std::string&)> remark);

    /// The events that it needs.
    [[nodiscard]] static event::mask needs();

    void on_event(const event::any_event& e) override;

    /// Writing has failed: not everything was saved. The remark has said why.
    [[nodiscard]] bool has_failed() const noexcept { return failed_; }

private:
    void save(event::http_body& body, bool complete, const event::header_object& headers, std::string& name);
    [[nodiscard]] bool write(const std::string& name, std::string_view bytes);
    void tell_limit(std::string_view of);

    event::sink& next_;
    saved_files& into_;
    save_budget& budget_;
    const std::uint64_t largest_;
    std::function<void(const std::string&)> remark_;
    std::unordered_set<std::string> made_; ///< as many as the budget has files
    std::string request_name_, response_name_;
    bool limit_told_ = false;
    bool failed_ = false;
};

/// The ending of a file of this Content-Type, with its dot; ".bin" where the table has none.
[[nodiscard]] std::string_view file_ending(std::string_view content_type) noexcept;

} // namespace weir::output
