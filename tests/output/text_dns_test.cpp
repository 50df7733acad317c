// DNS at a terminal, line by line: what each form of it reads like.
#include <gtest/gtest.h>

#include "event/dns_events.hpp"
#include "output/text_output.hpp"

namespace weir::output {
namespace {

constexpr std::string_view start = "03:04:05.000 #7 10.0.0.1:41000 > 10.0.0.2:53 DNS ";
constexpr std::uint32_t a = 1, cname = 5, soa = 6, txt = 16, srv = 33;

/// An exchange, and its lists.
struct asked {
    std::vector<event::dns_question> questions;
    std::vector<event::dns_record> answers;
    std::vector<std::string_view> flags{"rd", "ra"};
    event::dns_exchange e;

    explicit asked(std::string_view name, std::uint32_t type) {
        const std::array<std::uint8_t, 8> ips{10, 0, 0, 1, 10, 0, 0, 2};
        e.ts = {1767323045'000'000'000};
        e.connection.conn = 7;
        e.connection.client = {common::ip_address::v4(common::bytes_view(ips).first(4)), 41000};
        e.connection.server = {common::ip_address::v4(common::bytes_view(ips).last(4)), 53};
        questions.push_back({{name}, {type}, {1}, false});
        e.query.emplace();
    }
    asked& answer(std::uint32_t rcode, std::vector<event::dns_record> records = {}) {
        answers = std::move(records);
        e.response.emplace();
        e.response->rcode = {rcode};
        e.timing.wait = common::nanoseconds{310'000};
        return *this;
    }
    [[nodiscard]] std::string line(bool coloured = false) const {
        event::dns_exchange whole = e;
        whole.questions = questions;
        if (whole.response) {
            whole.response->answers = answers;
            whole.response->flags = flags;
        }
        text_output out(coloured);
        out.on_event(&whole);
        return std::string(out.pending());
    }
};

event::dns_record record(std::uint32_t type, std::string_view data, std::string_view owner = "example.com") {
    return {{owner}, {type}, {1}, false, 300, {data}};
}

void expect_line(const asked& q, std::string_view rest) {
    EXPECT_EQ(q.line(), std::string(start) + std::string(rest) + "\n");
}

TEST(text_dns, an_answer_is_the_first_record_that_is_no_alias) {
    expect_line(asked("example.com", a).answer(0, {record(a, "192.0.2.1")}),
                "A example.com -> 192.0.2.1  310 us");
    expect_line(
        asked("www.example.com", a)
            .answer(0, {record(cname, "example.com."), record(a, "192.0.2.1"), record(a, "192.0.2.2")}),
        "A www.example.com -> 192.0.2.1 +1  310 us");
    expect_line(asked("www.example.com", cname).answer(0, {record(cname, "example.com.")}),
                "CNAME www.example.com -> example.com.  310 us");
    expect_line(asked("example.com", txt).answer(0, {record(txt, "\"a \\027b\"")}),
                "TXT example.com -> \"a \\027b\"  310 us");
    const std::string longest(150, 'x');
    expect_line(asked("example.com", txt).answer(0, {record(txt, longest)}),
                "TXT example.com -> " + longest.substr(0, 100) + "...  310 us");
    expect_line(asked("example.com", srv).answer(0), "SRV example.com -> no data  310 us");
    expect_line(asked("x", 65'280).answer(0), "TYPE65280 x -> no data  310 us");
}

TEST(text_dns, failures_stand_out) {
    const std::vector<std::pair<std::uint32_t, std::string>> failures{
        {1, "FORMERR"}, {2, "SERVFAIL"}, {3, "NXDOMAIN"},    {4, "NOTIMP"},
        {5, "REFUSED"}, {16, "BADVERS"}, {3841, "RCODE3841"}};
    for (const auto& [code, word] : failures) {
        const asked q = asked("example.com", a).answer(code);
        expect_line(q, "A example.com -> " + word + "  310 us");
        EXPECT_NE(q.line(true).find((code == 3 ? "\x1b[33m" : "\x1b[31m") + word), std::string::npos);
    }
}

TEST(text_dns, the_time_is_when_it_was_over) {
    asked q = asked("example.com", a).answer(0, {record(a, "192.0.2.1")});
    q.e.timing.wait = common::nanoseconds{1'250'000'000};
    EXPECT_EQ(q.line(),
              "03:04:06.250 #7 10.0.0.1:41000 > 10.0.0.2:53 DNS A example.com -> 192.0.2.1  1.2 s\n");
}

TEST(text_dns, no_answer_says_how_often_it_was_asked_and_how_long_it_waited) {
    asked q("example.com", a);
    q.e.complete = false;
    q.e.ended = event::ending::timeout;
    q.e.ts = {1767323035'000'000'000};
    q.e.timing.unanswered = common::nanoseconds{10'000'000'000};
    expect_line(q, "A example.com -- no answer after 10 s");
    q.e.queries = 3;
    expect_line(q, "A example.com -- no answer after 10 s, asked 3 times");
    q.e.ended = event::ending::reset;
    expect_line(q, "A example.com -- no answer after 10 s, asked 3 times: reset");
    q.e.missing =
        event::dns_missing{std::nullopt, 40, event::dns_part::response, event::missing_cause::kernel_drop};
    expect_line(q, "A example.com -- response lost after 10 s, asked 3 times: reset  40 B missing, dropped "
                   "by the kernel");
}

TEST(text_dns, nobody_need_answer_a_group) { expect_line(asked("printer.local", a), "A printer.local"); }

TEST(text_dns, what_mdns_announces_says_of_what_it_is) {
    asked q = asked("", a).answer(
        0, {record(a, "192.0.2.1", "printer.local"), record(txt, "\"x\"", "printer.local")});
    q.questions.clear();
    q.e.query.reset();
    q.e.timing.wait.reset();
    expect_line(q, "A printer.local -> 192.0.2.1 +1");
    q.answers.clear();
    expect_line(q, "(no question) -> no data");
}

TEST(text_dns, truncated_late_repeated_and_parts_say_so) {
    asked q = asked("example.com", a).answer(0);
    q.flags = {"aa", "tc"};
    expect_line(q, "A example.com -> no data, truncated  310 us");
    asked late = asked("example.com", a).answer(0, {record(a, "192.0.2.1")});
    late.e.late = true;
    late.e.queries = 2;
    expect_line(late, "A example.com -> 192.0.2.1, late, asked 2 times  310 us");
    asked again = asked("example.com", a).answer(0, {record(a, "192.0.2.1")});
    again.e.repeated = true;
    expect_line(again, "A example.com -> 192.0.2.1, again  310 us");
    asked zone =
        asked("example.com", 252).answer(0, {record(soa, "ns. root. 1 2 3 4 5"), record(a, "192.0.2.1")});
    zone.e.part = 2;
    expect_line(zone, "AXFR example.com -> ns. root. 1 2 3 4 5 +1, part 2  310 us");
}

TEST(text_dns, other_kinds_of_query_are_named) {
    asked q = asked("example.com", soa).answer(0);
    q.e.opcode = {5};
    expect_line(q, "update SOA example.com -> no data  310 us");
}

TEST(text_dns, several_questions_are_counted_and_control_characters_escaped) {
    asked q("a\x1b[31m.example", a);
    q.questions.push_back({{"b"}, {a}, {1}, false});
    expect_line(q, "A a\\x1b[31m.example +1");
}

TEST(text_dns, what_is_missing_says_why) {
    asked q = asked("example.com", a).answer(0, {record(a, "192.0.2.1")});
    q.e.missing = event::dns_missing{std::nullopt, 20, std::nullopt, event::missing_cause::snaplen};
    expect_line(q, "A example.com -> 192.0.2.1  310 us  20 B missing, cut by the snaplen");
}

} // namespace
} // namespace weir::output
