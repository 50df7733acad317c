// All outputs of one run as one sink: each gets what it selects, and what they have in common is made once.
#pragma once

#include <vector>

#include "output/outlet.hpp"

namespace weir::output {

class outlets final : public event::sink {
public:
    void add(std::unique_ptr<outlet> o) { all_.push_back(std::move(o)); }
    [[nodiscard]] const std::vector<std::unique_ptr<outlet>>& all() const noexcept { return all_; }

    /// It gets what it needs besides, and writes that itself.
    void add(event::sink& keeper, const event::mask& needs) {
        keeper_ = &keeper;
        kept_ = needs;
    }

    /// What at least one of them selects.
    [[nodiscard]] event::mask selection() const noexcept;

    void begin();
    /// After the last event.
    void end();

    /// Statistics and the end say which outputs did not get everything.
    void on_event(const event::any_event& e) override;

private:
    void put(const event::any_event& e);
    template <class E>
    void put_with_accounts(const E& e);

    std::vector<std::unique_ptr<outlet>> all_;
    event::sink* keeper_ = nullptr;
    event::mask kept_;
};

} // namespace weir::output
