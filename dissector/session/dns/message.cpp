#include "session/dns/message.hpp"

#include "common/ascii.hpp"
#include "event/dns_codes.hpp"
#include "session/dns/name.hpp"
#include "session/dns/record_data.hpp"

namespace weir::session::dns {

namespace {

constexpr std::uint16_t opt = 41;
constexpr std::size_t least_record = 1 + record_fixed::wire::size;
constexpr std::size_t least_question = 1 + question_fixed::wire::size;

constexpr anomaly anomaly_of(name_fault f) noexcept {
    switch (f) {
    case name_fault::cut:
        break;
    case name_fault::too_long:
        return anomaly::name_too_long;
    case name_fault::label_type_unknown:
        return anomaly::label_type_unknown;
    case name_fault::pointer_not_backward:
        return anomaly::pointer_not_backward;
    }
    return anomaly::name_cut;
}

class message_reader {
public:
    message_reader(common::bytes_view bytes, bool is_cut, const limits& most, message& out) noexcept
        : bytes_(bytes)
        , is_cut_(is_cut)
        , most_(most)
        , out_(out) {}

    void read() {
        at_ = header::wire::size;
        for (std::size_t n = out_.head.questions; n > 0; --n)
            if (!read_question()) return close_sections(section::answers);
        const std::array counts{out_.head.answers, out_.head.authorities, out_.head.additionals};
        for (const section s : {section::answers, section::authorities, section::additionals}) {
            for (std::size_t n = counts[static_cast<std::size_t>(s)]; n > 0; --n)
                if (!read_record(s)) return close_sections(s);
            out_.section_ends[static_cast<std::size_t>(s)] = out_.records.size();
        }
        if (at_ < bytes_.size()) out_.add(anomaly::trailing_bytes, at_);
    }

private:
    void close_sections(section from) noexcept {
        for (auto s = static_cast<std::size_t>(from); s < out_.section_ends.size(); ++s)
            out_.section_ends[s] = out_.records.size();
    }
    /// What is wrong at the end is not, where the capture cut the message.
    bool fail(anomaly a, std::size_t offset) {
        const bool is_end = a == anomaly::name_cut || a == anomaly::question_cut || a == anomaly::record_cut;
        if (!is_end || !is_cut_) out_.add(a, offset);
        return false;
    }
    /// False where a limit leaves the rest out.
    bool has_room() {
        if (out_.text.size() < most_.text) return true;
        out_.add(anomaly::text_limit, at_);
        return false;
    }
    bool read_name(text_range& out) {
        const std::size_t from = out_.text.size();
        const name_end end = append_name(out_.text, bytes_, at_);
        if (end.wrong) {
            out_.text.resize(from);
            return fail(anomaly_of(*end.wrong), at_);
        }
        out = {from, out_.text.size() - from};
        at_ = end.at;
        return true;
    }

    bool read_question() {
        question q;
        if (out_.questions.size() >= most_.questions) return fail(anomaly::question_limit, at_);
        if (!has_room()) return false;
        if (at_ == bytes_.size()) return fail(anomaly::question_cut, at_);
        if (!read_name(q.name)) return false;
        if (!question_fixed::wire::parse(bytes_.subspan(at_), q.fixed))
            return fail(anomaly::question_cut, at_);
        at_ += question_fixed::wire::size;
        out_.questions.push_back(q);
        return true;
    }

    bool read_record(section s) {
        record r;
        if (out_.records.size() >= most_.records) return fail(anomaly::record_limit, at_);
        if (!has_room()) return false;
        if (at_ == bytes_.size()) return fail(anomaly::record_cut, at_);
        const std::size_t begin = at_;
        if (!read_name(r.name)) return false;
        const common::bytes_view fixed = bytes_.subspan(at_);
        if (!record_fixed::wire::parse(fixed, r.fixed)) return fail(anomaly::record_cut, at_);
        at_ += record_fixed::wire::size;
        if (bytes_.size() - at_ < r.fixed.length) return fail(anomaly::record_cut, at_);
        if (r.fixed.type == opt) {
            if (s != section::additionals || out_.view(r.name) != ".") out_.add(anomaly::opt_invalid, begin);
            read_opt(fixed, r.fixed.length);
        } else {
            read_data(r);
            out_.records.push_back(r);
        }
        at_ += r.fixed.length;
        return true;
    }

    void read_data(record& r) {
        const std::size_t from = out_.text.size();
        r.raw = bytes_.subspan(at_, r.fixed.length);
        // what an update deletes has no data (RFC 2136 section 2.5.2), whatever its type
        if (r.fixed.length == 0 && r.fixed.rclass != 1) {
            append_unknown_data(out_.text, {});
        } else if (!append_record_data(out_.text, bytes_, at_, r.fixed.length, r.fixed.type)) {
            out_.add(anomaly::record_data_invalid, at_);
            append_unknown_data(out_.text, r.raw);
        }
        r.data = {from, out_.text.size() - from};
    }

    void read_opt(common::bytes_view fixed, std::size_t length) {
        if (out_.edns) {
            out_.add(anomaly::opt_repeated, at_);
            return;
        }
        edns_fixed e;
        if (!edns_fixed::wire::parse(fixed, e)) return;
        out_.edns = e;
        for (common::bytes_view rest = bytes_.subspan(at_, length); !rest.empty();) {
            option_fixed o;
            const std::size_t offset = at_ + length - rest.size();
            if (!option_fixed::wire::parse(rest, o) || rest.size() - option_fixed::wire::size < o.length) {
                out_.add(anomaly::option_cut, offset);
                return;
            }
            if (out_.options.size() >= most_.options) {
                out_.add(anomaly::option_limit, offset);
                return;
            }
            out_.options.push_back({o.code, rest.subspan(option_fixed::wire::size, o.length)});
            rest = rest.subspan(option_fixed::wire::size + o.length);
        }
    }

    common::bytes_view bytes_;
    bool is_cut_;
    const limits& most_;
    message& out_;
    std::size_t at_ = 0;
};

template <class Names>
[[nodiscard]] bool is_known(std::uint16_t number) noexcept {
    return !event::code<Names>{number}.name().empty();
}

/// NetBIOS names (RFC 1002) come in the same form, but for 32 letters from A to P and types of their own.
[[nodiscard]] bool is_netbios(common::bytes_view first_label, std::uint16_t type) noexcept {
    return (type == 32 || type == 33) && first_label.size() == 32 &&
           std::all_of(first_label.begin(), first_label.end(),
                       [](std::uint8_t c) { return c >= 'A' && c <= 'P'; });
}

/// A class, perhaps with the top bit that mDNS sets.
[[nodiscard]] bool is_class(std::uint16_t c) noexcept { return is_known<event::dns_classes>(c & 0x7fffU); }

} // namespace

bool read_message(common::bytes_view bytes, bool is_cut, const limits& most, message& out) {
    out.size = bytes.size();
    out.questions.clear();
    out.records.clear();
    out.section_ends = {};
    out.edns.reset();
    out.options.clear();
    out.text.clear();
    if (out.text.capacity() > most.buffer_kept) out.text.shrink_to_fit();
    out.found = {};
    out.problems.clear();
    if (!header::wire::parse(bytes, out.head)) return false;
    message_reader(bytes, is_cut, most, out).read();
    return true;
}

bool is_plausible(const header& h) noexcept {
    return is_known<event::dns_opcodes>(h.opcode) && h.opcode != 6 && h.z == 0 &&
           (h.response == 1 || (h.rcode == 0 && h.ra == 0)) && h.questions <= 64 &&
           h.questions + h.records() > 0;
}

likeness looks_like_message(common::bytes_view bytes, bool whole, bool expected) noexcept {
    header h;
    const likeness too_short = whole ? likeness::no : likeness::unsure;
    if (!header::wire::parse(bytes, h)) return too_short;
    if (!expected && !is_plausible(h)) return likeness::no;
    if (whole &&
        h.questions * least_question + h.records() * least_record > bytes.size() - header::wire::size)
        return likeness::no;
    std::size_t at = header::wire::size;
    for (std::size_t n = h.questions; n > 0; --n) {
        common::bytes_view first_label;
        const name_end end = walk_name(bytes, at, [&](common::bytes_view label) {
            if (first_label.empty()) first_label = label;
        });
        if (end.wrong) return end.wrong == name_fault::cut ? too_short : likeness::no;
        question_fixed q;
        if (!question_fixed::wire::parse(bytes.subspan(end.at), q)) return too_short;
        if (!is_class(q.qclass) || is_netbios(first_label, q.type)) return likeness::no;
        // a query of an unknown type is one where everything else fits
        if (!is_known<event::dns_types>(q.type) && (!whole || h.response == 1)) return likeness::no;
        at = end.at + question_fixed::wire::size;
    }
    bool has_any = h.questions > 0;
    for (std::size_t n = h.records(); n > 0; --n) {
        const likeness so_far = has_any && !whole ? likeness::yes : too_short;
        const name_end end = skip_name(bytes, at);
        if (end.wrong) return end.wrong == name_fault::cut ? so_far : likeness::no;
        record_fixed r;
        if (!record_fixed::wire::parse(bytes.subspan(end.at), r)) return so_far;
        if (h.questions == 0 && r.type != opt && !is_class(r.rclass)) return likeness::no;
        at = end.at + record_fixed::wire::size + r.length;
        if (at > bytes.size()) return so_far;
        has_any = true;
    }
    return at == bytes.size() ? likeness::yes : likeness::no;
}

std::optional<std::size_t> end_of_questions(common::bytes_view bytes, const header& h) noexcept {
    std::size_t at = header::wire::size;
    for (std::size_t n = h.questions; n > 0; --n) {
        const name_end end = skip_name(bytes, at);
        if (end.wrong || bytes.size() - end.at < question_fixed::wire::size) return std::nullopt;
        at = end.at + question_fixed::wire::size;
    }
    return at;
}

bool ask_the_same(common::bytes_view a, common::bytes_view b) noexcept {
    header first, second;
    if (!header::wire::parse(a, first) || !header::wire::parse(b, second)) return false;
    if (first.questions != second.questions || first.opcode != second.opcode) return false;
    std::size_t at_a = header::wire::size, at_b = at_a;
    for (std::size_t n = first.questions; n > 0; --n) {
        const name_end end_a = skip_name(a, at_a), end_b = skip_name(b, at_b);
        const std::size_t size = end_a.at - at_a;
        if (end_a.wrong || end_b.wrong || end_b.at - at_b != size) return false;
        for (std::size_t i = 0; i < size; ++i)
            if (common::to_lower(static_cast<char>(a[at_a + i])) !=
                common::to_lower(static_cast<char>(b[at_b + i])))
                return false;
        constexpr std::size_t fixed = question_fixed::wire::size;
        if (a.size() - end_a.at < fixed || b.size() - end_b.at < fixed) return false;
        for (std::size_t i = 0; i < fixed; ++i)
            if (a[end_a.at + i] != b[end_b.at + i]) return false;
        at_a = end_a.at + fixed;
        at_b = end_b.at + fixed;
    }
    return true;
}

} // namespace weir::session::dns
