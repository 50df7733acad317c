// The rest of json_value.hpp: codes, tallies, and values that nest. Must go no deeper than most_nested,
// whatever the wire says.
#include <cmath>

#include "event/json_value.hpp"

namespace weir::event {

namespace {

/// What is nested deeper than most_nested.
constexpr std::string_view too_deep = R"({"truncated":true})";

} // namespace

void put_code(line_buffer& out, std::string_view name, std::string_view unknown, std::uint32_t number) {
    if (!name.empty()) return put_text(out, name);
    if (unknown.empty()) return out.put_number(number);
    out.put('"');
    out.put(unknown);
    out.put_number(number);
    out.put('"');
}

void put_tallies(line_buffer& out, std::span<const tally> list) {
    const std::size_t start = out.size();
    for (const tally& t : list) {
        if (t.count == 0) continue;
        out.put(",\"");
        out.put(t.name);
        out.put("\":");
        out.put_number(t.count);
    }
    out.close_from(start, '{', '}');
}

void put_real(line_buffer& out, double v) {
    const bool is_number = std::isfinite(v);
    if (!is_number) out.put('"');
    out.put_real(v);
    if (!is_number) out.put('"');
}

void put_value_members(line_buffer& out, const value_object& v, std::size_t depth) {
    for (const value_member& m : elements(v)) {
        out.put(",\"");
        out.put(m.name);
        out.put("\":");
        put_value(out, m.of, depth);
    }
}

void put_value(line_buffer& out, const value_object& v, std::size_t depth) {
    if (depth == most_nested) return out.put(too_deep);
    const std::size_t start = out.size();
    put_value_members(out, v, depth + 1);
    out.close_from(start, '{', '}');
}

void put_value(line_buffer& out, const value& v, std::size_t depth) {
    const auto put_list = [&](const auto& list, const auto& put_element) {
        if (depth == most_nested) return out.put(too_deep);
        const std::size_t start = out.size();
        for (const auto& e : elements(list)) {
            out.put(',');
            put_element(e);
        }
        out.close_from(start, '[', ']');
    };
    std::visit(
        overloaded{
            [&](nothing) { out.put("null"); },
            [&](bool b) { out.put(b ? std::string_view("true") : std::string_view("false")); },
            [&](std::int64_t n) { out.put_signed(n); },
            [&](std::uint64_t n) { out.put_number(n); },
            [&](double d) { put_real(out, d); },
            [&](std::string_view text) { put_text(out, text); },
            [&](const wire& w) { put_wire(out, w.bytes); },
            [&](const common::ip_address& a) { put_ip(out, a); },
            [&](const value_list& l) { put_list(l, [&](const value& e) { put_value(out, e, depth + 1); }); },
            [&](const value_pairs& l) {
                put_list(l, [&](const value_pair& p) {
                    out.put('[');
                    put_value(out, p.key, depth + 1);
                    out.put(',');
                    put_value(out, p.of, depth + 1);
                    out.put(']');
                });
            },
            [&](const value_object& o) { put_value(out, o, depth); },
        },
        v.of);
}

} // namespace weir::event
