// A connection made by hand for tests of the session layer: what each side says, holes and ends, told to a
// session source; the events come back as JSON.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "event/http_events.hpp"
#include "event/json.hpp"
#include "event/selection.hpp"
#include "session/source.hpp"

namespace weir::session::test {

using event::side;
using nlohmann::json;

class fixed_identity final : public flow::identity {
public:
    bool is_midstream = false;

    event::connection_ref ref() const override { return {1, "1:test", {}, {}}; }
    std::optional<common::nanoseconds> handshake() const override { return common::nanoseconds{1'000'000}; }
    bool midstream() const override { return is_midstream; }
};

class recorder final : public event::sink {
public:
    void on_event(const event::any_event& e) override { writer_.append(e); }

    [[nodiscard]] std::vector<json> events() const {
        std::vector<json> all;
        std::string_view rest = writer_.lines();
        while (!rest.empty()) {
            const std::size_t end = rest.find('\n');
            all.push_back(json::parse(rest.substr(0, end)));
            rest.remove_prefix(end + 1);
        }
        return all;
    }

private:
    event::json_writer writer_;
};

inline event::mask everything() { return event::mask{}.set(); }
/// Bodies come anew in their exchange: who wants them in pieces says so.
inline event::mask all_but_pieces() { return everything().reset(event::kind<event::http_body_piece>()); }

/// One connection. Each step takes a millisecond of capture time; what a side says acknowledges all that the
/// other side has said before, unless the test says otherwise.
class wire {
public:
    explicit wire(options asked = {}, limits most = {}, event::mask wanted = all_but_pieces())
        : emitter_(recorder_, wanted)
        , context_{emitter_, asked, count_}
        , source_(make_source(context_, most)) {}
    ~wire() { drop(); }

    fixed_identity identity;

    void say(side from, std::string_view text) {
        if (text.empty()) return;
        say_acking(from, text, offset_[index(other(from))]);
    }
    void say_acking(side from, std::string_view text, std::optional<std::uint64_t> acked) {
        consumer().on_data({from, offset_[index(from)], common::as_bytes(text), tick(), ++packet_, acked});
        offset_[index(from)] += text.size();
    }
    void client(std::string_view text) { say(side::client, text); }
    void server(std::string_view text) { say(side::server, text); }
    void lose(side from, std::uint64_t length, event::missing_cause why = event::missing_cause::upstream) {
        consumer().on_gap({from, offset_[index(from)], length, why, tick()});
        offset_[index(from)] += length;
    }
    /// As the pipeline does when weir is stopped.
    void stop(bool stopped = true) { context_.stopped = stopped; }
    void end(side from) { consumer().on_end(from, tick()); }
    void close(event::close_reason why = event::close_reason::fin) {
        consumer().on_close(why, tick());
        drop();
    }
    void end_and_close() {
        end(side::client);
        end(side::server);
        close();
    }

    [[nodiscard]] std::vector<json> events() const { return recorder_.events(); }
    [[nodiscard]] std::vector<json> events(std::string_view name) const {
        std::vector<json> some;
        for (json& e : recorder_.events())
            if (e["event"] == name) some.push_back(e);
        return some;
    }
    [[nodiscard]] std::vector<json> exchanges() const { return events("http.exchange"); }
    [[nodiscard]] const counters& count() const { return count_; }
    [[nodiscard]] flow::session_source& source() { return *source_; }
    [[nodiscard]] std::uint64_t offset(side s) const { return offset_[index(s)]; }

private:
    static std::size_t index(side s) { return event::index(s); }
    flow::stream_consumer& consumer() {
        if (consumer_ == nullptr) consumer_ = source_->open(identity);
        return *consumer_;
    }
    void drop() {
        if (consumer_ != nullptr) source_->release(consumer_);
        consumer_ = nullptr;
    }
    common::timestamp tick() { return {now_ += 1'000'000}; }

    recorder recorder_;
    event::emitter emitter_;
    counters count_;
    context context_;
    std::unique_ptr<flow::session_source> source_;
    flow::stream_consumer* consumer_ = nullptr;
    std::array<std::uint64_t, 2> offset_{};
    std::int64_t now_ = 0;
    std::uint64_t packet_ = 0;
};

/// The codes of an exchange or of all exchanges, in order.
inline std::vector<std::string> codes(const json& exchange) {
    return exchange.value("anomalies", std::vector<std::string>{});
}

} // namespace weir::session::test
