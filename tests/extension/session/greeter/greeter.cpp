// Lines in, greetings out, on streams and datagrams alike.
#include "session/greeter/greeter.hpp"

#include <algorithm>
#include <string>

#include "session/notes.hpp"
#include "session/pairing.hpp"
#include "session/pool.hpp"
#include "session/position.hpp"

namespace weir::session::greeter {

namespace {

constexpr std::string_view question = "HELLO ", answer = "WELCOME ";

constexpr anomaly_row wrong_name{"greeter.wrong_name", "the answer greets somebody else"};

struct greeting : paired {
    std::uint64_t number = 0;
    std::string name;
};

/// Both a stream and datagrams: a line is a line.
class conversation final : public flow::stream_consumer, public flow::datagram_consumer {
public:
    conversation(context& shared, const limits& most) noexcept
        : shared_(shared)
        , most_(most) {}

    void open(const place& where, side asks) noexcept {
        where_ = &where;
        asks_ = asks;
        lines_ = {};
        offset_ = {};
    }
    void close() noexcept {
        for (greeting* g : waiting_.waiting()) all_.give(g);
        waiting_.clear();
    }

    void on_data(const flow::chunk& c) override {
        std::string& line = lines_[index(c.from)];
        for (const char byte : common::as_text(c.data)) {
            ++offset_[index(c.from)];
            if (byte == '\n')
                on_line(c.from, std::exchange(line, {}), place_in(c));
            else if (byte != '\r' && line.size() < most_.line_bytes)
                line.push_back(byte);
        }
    }
    void on_gap(const flow::gap& g) override {
        lines_[index(g.from)].clear();
        waiting_.lose_order();
    }
    void on_end(side, common::timestamp) override {}
    void on_datagram(const flow::datagram& d) override {
        on_data({d.from, offset_[index(d.from)], d.data, d.ts, d.packet, {}});
    }
    void on_close(event::close_reason, common::timestamp) override {
        while (!waiting_.waiting().empty()) over(*waiting_.waiting().front());
    }
    [[nodiscard]] std::string_view service() const noexcept override { return "greeter"; }

private:
    void on_line(side from, const std::string& line, const position& at) {
        if (from == asks_ && line.starts_with(question)) {
            greeting& g = *all_.take();
            g.clear_pairing();
            g.question = turn{at.offset, at.acked};
            g.number = where_->next_exchange();
            g.name = line.substr(question.size());
            waiting_.add(&g);
        } else if (from != asks_ && line.starts_with(answer)) {
            greeting* const g = waiting_.for_answer({at.offset, at.acked});
            if (g == nullptr) return;
            if (line.substr(answer.size()) != g->name) {
                notes_.push_back({&wrong_name, at.offset, at.ts, at.packet, {}});
                report_notes(shared_, {*where_, "greeter", g->number, from}, notes_);
            }
            over(*g);
        }
    }
    void over(greeting& g) {
        ++shared_.count.exchanges;
        waiting_.remove(&g);
        all_.give(&g);
    }

    context& shared_;
    const limits most_;
    const place* where_ = nullptr;
    side asks_ = side::client;
    std::array<std::string, 2> lines_;
    std::array<std::uint64_t, 2> offset_{};
    pairing<greeting> waiting_;
    pool<greeting> all_;
    std::vector<note> notes_;
};

bool may_become(std::string_view said, std::string_view word) noexcept {
    return said.substr(0, word.size()) == word.substr(0, said.size());
}

} // namespace

struct application::sessions {
    context& shared;
    const limits most;
    pool<conversation> all;
};

application::application(context& shared, const limits& most)
    : sessions_(new sessions{shared, most, {}}) {}

application::~application() = default;

finding application::probe(const opening& o) const noexcept {
    for (const side s : {side::client, side::server}) {
        const std::string_view asked = o.said[index(s)], answered = o.said[index(other(s))];
        if (asked.empty() || !may_become(asked, question)) continue;
        if (asked.size() > question.size() && answered.starts_with(answer))
            return {verdict::yes, s, {true, true}};
        if (may_become(answered, answer)) return {verdict::unsure};
    }
    return {};
}

flow::stream_consumer* application::open(const place& where, side asks, std::array<bool, 2>) {
    conversation* const c = sessions_->all.take(sessions_->shared, sessions_->most);
    c->open(where, asks);
    return c;
}

void application::release(flow::stream_consumer* session) noexcept {
    auto* const c = static_cast<conversation*>(session);
    c->close();
    sessions_->all.give(c);
}

flow::datagram_consumer* application::open_datagrams(const place& where, side asks) {
    conversation* const c = sessions_->all.take(sessions_->shared, sessions_->most);
    c->open(where, asks);
    return c;
}

void application::release(flow::datagram_consumer* session) noexcept {
    auto* const c = static_cast<conversation*>(session);
    c->close();
    sessions_->all.give(c);
}

} // namespace weir::session::greeter
