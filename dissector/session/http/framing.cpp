#include "session/http/framing.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "session/http/text.hpp"

namespace weir::session::http {

namespace {

constexpr std::uint64_t largest_length = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

/// The first token in a list element: without parameters, and without bytes that must not be there.
std::string_view token_of(std::string_view element) noexcept {
    const auto* const from = std::find_if(element.begin(), element.end(), is_token);
    const auto* const to = std::find_if_not(from, element.end(), is_token);
    return {from, static_cast<std::size_t>(to - from)};
}

/// At most 18 digits and nothing else: cannot overflow.
bool is_plain_number(std::string_view value) noexcept {
    return !value.empty() && value.size() <= 18 && std::all_of(value.begin(), value.end(), is_digit);
}

std::uint64_t number(std::string_view digits) noexcept {
    std::uint64_t n = 0;
    for (const char c : digits) n = n * 10 + static_cast<std::uint64_t>(c - '0');
    return n;
}

void read_length(std::string_view element, std::optional<std::uint64_t>& first, message& m,
                 const position& where) {
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(element.begin(), element.end(), n);
    if (error != std::errc{} || end != element.end() || n > largest_length) {
        std::string detail(row(anomaly::content_length_invalid).sentence);
        add_note(m, anomaly::content_length_invalid, m.begins.start, where,
                 detail.append(": ").append(element.substr(0, 40)));
        return;
    }
    if (!first) {
        first = n;
    } else if (*first == n) {
        add_note(m, anomaly::content_length_repeated, m.begins.start, where);
    } else {
        const std::string detail = "Content-Length values differ: " + std::to_string(*first) + ", then " +
                                   std::to_string(n) + "; the first was followed";
        add_note(m, anomaly::content_length_differ, m.begins.start, where, detail);
    }
}

std::optional<std::uint64_t> content_length(message& m, const position& where) {
    std::optional<std::uint64_t> first;
    m.for_each_value(known_field::content_length, [&](std::string_view value) {
        if (!first && is_plain_number(value)) {
            first = number(value);
            return;
        }
        bool is_empty = true;
        for_each_element(value, [&](std::string_view element) {
            is_empty = false;
            read_length(element, first, m, where);
        });
        if (is_empty) add_note(m, anomaly::content_length_invalid, m.begins.start, where);
    });
    return first;
}

/// Whether chunked is the last transfer coding.
bool read_transfer_codings(message& m, const position& where) {
    bool chunked_is_last = false;
    bool chunked_before = false;
    m.for_each_value(known_field::transfer_encoding, [&](std::string_view value) {
        for_each_element(value, [&](std::string_view element) {
            const std::string_view name = token_of(element);
            const bool is_chunked = equals_ignoring_case(name, "chunked");
            chunked_is_last = is_chunked;
            if (is_chunked) {
                if (chunked_before) add_note(m, anomaly::transfer_encoding_repeated, m.begins.start, where);
                chunked_before = true;
            } else if (coding_of(name) == coding::unknown && !equals_ignoring_case(name, "identity") &&
                       !equals_ignoring_case(name, "compress")) {
                std::string detail(row(anomaly::transfer_encoding_unknown).sentence);
                add_note(m, anomaly::transfer_encoding_unknown, m.begins.start, where,
                         detail.append(": ").append(element.substr(0, 40)));
            }
        });
    });
    return chunked_is_last;
}

framing frame_by_fields(message& m, const position& where) {
    framing f;
    const std::optional<std::uint64_t> length = content_length(m, where);
    f.has_length = length.has_value();
    f.length = length.value_or(0);
    if (m.has(known_field::transfer_encoding)) {
        const bool ends_in_chunked = read_transfer_codings(m, where);
        if (m.view(m.version) == "1.0")
            add_note(m, anomaly::transfer_encoding_in_http10, m.begins.start, where);
        if (!ends_in_chunked)
            add_note(m, anomaly::transfer_encoding_not_final, m.begins.start, where);
        else if (f.has_length)
            add_note(m, anomaly::content_length_and_chunked, m.begins.start, where);
        f.ends = ends_in_chunked ? body_end::chunked : body_end::unclear;
        return f;
    }
    f.ends = f.has_length ? body_end::length : body_end::none;
    return f;
}

} // namespace

framing frame_request(message& m, const position& where) {
    if (!m.has(known_field::content_length) && !m.has(known_field::transfer_encoding)) return {};
    return frame_by_fields(m, where);
}

framing frame_response(message& m, answered_request to, const position& where) {
    const std::uint16_t status = m.status.value_or(200);
    const bool has_framing = m.has(known_field::content_length) || m.has(known_field::transfer_encoding);
    const bool opens_tunnel = to.is_connect && status >= 200 && status < 300;
    if (status < 200 || status == 204 || opens_tunnel) {
        if (has_framing) add_note(m, anomaly::framing_not_allowed, m.begins.start, where);
        return {};
    }
    framing f;
    if (has_framing) f = frame_by_fields(m, where);
    if (to.is_head || status == 304) return {};
    if (f.ends == body_end::none) f.ends = body_end::connection;
    return f;
}

void collect_codings(const message& m, std::vector<coding>& out) {
    const auto collect = [&](std::string_view value) {
        for_each_element(value, [&](std::string_view element) {
            const std::string_view name = token_of(element);
            if (equals_ignoring_case(name, "identity") || equals_ignoring_case(name, "chunked")) return;
            out.push_back(coding_of(name));
        });
    };
    m.for_each_value(known_field::content_encoding, collect);
    m.for_each_value(known_field::transfer_encoding, collect);
}

} // namespace weir::session::http
