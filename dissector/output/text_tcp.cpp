#include "output/text_tcp.hpp"

#include "output/text_words.hpp"

namespace weir::output {

namespace {

template <class Event>
void begin_line(text_writer& out, const Event& e, colour c) {
    out.time(e.ts);
    out.ends(e.connection, e.side == event::side::client ? " > " : " < ");
    out.begin(c);
}

void end_line(text_writer& out) {
    out.end();
    out.put('\n');
}

constexpr std::string_view words_of(event::retransmission why) noexcept {
    switch (why) {
    case event::retransmission::fast:
        return ", a loss was reported";
    case event::retransmission::timeout:
        return ", nothing was heard of it";
    case event::retransmission::spurious:
        return ", though it was acknowledged";
    case event::retransmission::unseen:
        break;
    }
    return ", the first copy was not seen";
}

/// Nothing where there is none.
void put_some(text_writer& out, std::uint64_t count, std::string_view what, std::string_view& between) {
    if (count == 0) return;
    out.put(between);
    out.put_number(count);
    out.put(what);
    between = ", ";
}

void put_some(text_writer& out, common::nanoseconds time, std::string_view what, std::string_view& between) {
    if (time.count == 0) return;
    out.put(between);
    out.took(time);
    out.put(what);
    between = ", ";
}

void put_trips(text_writer& out, const std::optional<event::round_trips>& t, std::string_view how) {
    if (!t) return;
    out.put("round trip ");
    out.took(t->mean);
    out.put(how);
    out.put(" (");
    out.took(t->min);
    out.put(" to ");
    out.took(t->max);
    out.put(", ");
    out.put_number(t->samples);
    out.put(" measured), ");
}

void put_side(text_writer& out, std::string_view name, const event::tcp_sender& s) {
    out.begin(colour::dim);
    out.put("  \xc2\xb7 ");
    out.put(name);
    out.put(": ");
    put_trips(out, s.by_acknowledgement, "");
    put_trips(out, s.by_timestamps, " by time stamps");
    out.put("at most ");
    out.size(s.in_flight);
    out.put(" in flight");
    if (s.mss) {
        out.put(", mss ");
        out.put_number(*s.mss);
    }
    if (s.window_scale) {
        out.put(", window scale ");
        out.put_number(*s.window_scale);
    }
    std::string_view between = "; sent again ";
    put_some(out, s.retransmits.fast, " fast", between);
    put_some(out, s.retransmits.timeout, " by timeout", between);
    put_some(out, s.retransmits.spurious, " spurious", between);
    put_some(out, s.retransmits.unseen, " unseen", between);
    between = "; ";
    put_some(out, s.reordered, " overtaken", between);
    between = "; stalled ";
    put_some(out, s.stalled.loss, " by loss", between);
    put_some(out, s.stalled.window, " by the window", between);
    put_some(out, s.stalled.application, " with nothing to send", between);
    end_line(out);
}

} // namespace

void put_form(text_writer& out, const event::tcp_syn_retry& e) {
    begin_line(out, e, colour::yellow);
    out.put(e.side == event::side::client ? "SYN again after " : "SYN+ACK again after ");
    out.took(e.after);
    out.put(", try ");
    out.put_number(e.tries);
    end_line(out);
}

void put_form(text_writer& out, const event::tcp_retransmit& e) {
    begin_line(out, e, colour::yellow);
    if (e.length > 0)
        out.size(e.length);
    else
        out.put("FIN");
    out.put(" again");
    if (e.after) {
        out.put(" after ");
        out.took(*e.after);
    }
    out.put(words_of(e.kind));
    end_line(out);
}

void put_form(text_writer& out, const event::tcp_out_of_order& e) {
    begin_line(out, e, colour::dim);
    out.size(e.length);
    out.put(" early, ");
    out.size(e.ahead);
    out.put(" before it not seen yet");
    end_line(out);
}

void put_form(text_writer& out, const event::tcp_gap& e) {
    begin_line(out, e, colour::red);
    out.counted(e.length, "byte", "bytes");
    out.put(" missing from byte ");
    out.put_number(e.offset);
    out.put(": ");
    out.put(words_of(e.cause));
    end_line(out);
}

void put_form(text_writer& out, const event::tcp_overlap& e) {
    begin_line(out, e, colour::red);
    out.put("another content from byte ");
    out.put_number(e.offset);
    out.end();
    out.put(": ");
    out.wire(e.first.bytes);
    out.coloured(colour::dim, " was followed, now ");
    out.wire(e.second.bytes);
    out.put('\n');
}

void put_form(text_writer& out, const event::tcp_zero_window& e) {
    begin_line(out, e, colour::yellow);
    out.put(e.opened_after ? "window open again after " : "window closed");
    if (e.opened_after) out.took(*e.opened_after);
    end_line(out);
}

void put_form(text_writer& out, const event::tcp_reset& e) {
    begin_line(out, e, e.ignored ? colour::dim : colour::yellow);
    out.put("RST, connection ");
    out.put(e.state == "picked_up" ? "picked up" : e.state);
    if (e.ignored) out.put(", ends nothing");
    end_line(out);
}

void put_form(text_writer& out, const event::tcp_stats& e) {
    out.time(e.ts);
    out.ends(e.connection, " > ");
    out.coloured(colour::dim, "statistics\n");
    put_side(out, "client", e.client);
    put_side(out, "server", e.server);
}

} // namespace weir::output
