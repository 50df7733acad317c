#include "session/http/framing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
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

constexpr std::string_view chunked = "chunked";

/// The name as it must stand: alone, or before parameters.
bool is_plainly_spelled(std::string_view element, std::string_view name) noexcept {
    if (element.size() == name.size()) return true;
    return element.starts_with(name) && without_leading_blanks(element.substr(name.size())).starts_with(';');
}

bool holds_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    for (std::size_t at = 0; at + lower.size() <= text.size(); ++at)
        if (equals_ignoring_case(text.substr(at, lower.size()), lower)) return true;
    return false;
}

/// Whether the field that was seen first is written as others write it.
bool is_plainly_named(const message& m, known_field k, std::size_t size) noexcept {
    const piece name = m.fields[m.first_known[static_cast<std::size_t>(k)]].name;
    return name.size == size && m.text[name.at + name.size] == ':';
}

/// Whether chunked is the last transfer coding.
bool read_transfer_codings(message& m, const position& where) {
    bool chunked_is_last = false;
    bool chunked_before = false;
    bool resembles_chunked = false;
    bool is_odd =
        !is_plainly_named(m, known_field::transfer_encoding, std::string_view("transfer-encoding").size());
    m.for_each_value(known_field::transfer_encoding, [&](std::string_view value) {
        for_each_element(value, [&](std::string_view element) {
            const std::string_view name = token_of(element);
            const bool is_chunked = equals_ignoring_case(name, chunked);
            chunked_is_last = is_chunked;
            is_odd = is_odd || !is_plainly_spelled(element, name);
            resembles_chunked = resembles_chunked || is_chunked || holds_ignoring_case(element, chunked);
            if (is_chunked) {
                if (chunked_before) add_note(m, anomaly::transfer_encoding_repeated, m.begins.start, where);
                chunked_before = true;
            } else if (coding_of(name) == coding::unknown) {
                is_odd = true;
                if (equals_ignoring_case(name, "identity")) return;
                std::string detail(row(anomaly::transfer_encoding_unknown).sentence);
                add_note(m, anomaly::transfer_encoding_unknown, m.begins.start, where,
                         detail.append(": ").append(element.substr(0, 40)));
            }
        });
    });
    if (is_odd && resembles_chunked) add_note(m, anomaly::smuggling_te_te, m.begins.start, where);
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
    if (m.folded_chunked && !f.has_length && m.kind == message_kind::response) {
        f.ends = body_end::unclear;
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
    const bool is_denied = (status >= 100 && status < 200) || status == 204 || opens_tunnel;
    if (is_denied && has_framing) add_note(m, anomaly::framing_not_allowed, m.begins.start, where);
    if ((is_denied && !has_framing) || opens_tunnel || status == 101) return {};
    framing f;
    if (has_framing || m.folded_chunked) f = frame_by_fields(m, where);
    if (to.is_head) return {};
    if (is_denied || status == 304) {
        f.denied = f.ends == body_end::length || f.ends == body_end::chunked;
        return f.denied ? f : framing{};
    }
    if (f.ends == body_end::none) f.ends = body_end::connection;
    return f;
}

namespace {

/// The coding whose name stands in `element` beside bytes that must not.
coding resembled(std::string_view element) {
    constexpr std::array<std::string_view, 4> names{"gzip", "deflate", "zstd", "compress"};
    std::string letters;
    std::copy_if(element.begin(), element.end(), std::back_inserter(letters), is_token);
    for (const std::string_view name : names)
        if (holds_ignoring_case(letters, name)) return coding_of(name);
    return coding::unknown;
}

} // namespace

void collect_codings(message& m, const position& where, std::vector<coding>& out) {
    const auto collect = [&](std::string_view value) {
        for_each_element(value, [&](std::string_view element) {
            const std::string_view name = token_of(element);
            if (equals_ignoring_case(name, "identity") || equals_ignoring_case(name, chunked)) return;
            coding c = coding_of(name);
            if (c == coding::unknown) {
                c = resembled(element);
                if (c != coding::unknown)
                    add_note(m, anomaly::content_coding_misspelt, m.begins.start, where);
            }
            out.push_back(c);
        });
    };
    m.for_each_value(known_field::content_encoding, collect);
    m.for_each_value(known_field::transfer_encoding, collect);
}

} // namespace weir::session::http
