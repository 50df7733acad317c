// Events as JSON lines.
#pragma once

#include "event/json.hpp"
#include "output/event_output.hpp"

namespace weir::output {

class json_output final : public event_output {
public:
    void on_event(const event::any_event& e) override { writer_.append(e); }
    [[nodiscard]] std::string_view form() const noexcept override { return "json"; }
    void copy(std::string_view line) override { writer_.append(line); }
    [[nodiscard]] std::string_view pending() const noexcept override { return writer_.lines(); }
    void clear() noexcept override { writer_.clear(); }

private:
    event::json_writer writer_;
};

} // namespace weir::output
