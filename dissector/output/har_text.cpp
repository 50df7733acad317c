#include "output/har_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "common/ascii.hpp"
#include "event/json_value.hpp"

namespace weir::output::har {

namespace {

constexpr std::string_view hex = "0123456789ABCDEF";

/// For each byte, U+0000 to U+00FF.
std::string from_latin1(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        const auto u = static_cast<unsigned char>(c);
        if (u < 0x80) {
            text += c;
            continue;
        }
        text += static_cast<char>(0xc0 | u >> 6);
        text += static_cast<char>(0x80 | (u & 0x3f));
    }
    return text;
}

/// unreserved, gen-delims and sub-delims of RFC 3986 section 2.2 that may stand anywhere behind the
/// authority.
bool may_stand_in_url(char c) noexcept {
    const char lower = common::to_lower(c);
    return (lower >= 'a' && lower <= 'z') || common::is_digit(c) ||
           std::string_view("-._~:/?@!$&'()*+,;=").find(c) != std::string_view::npos;
}

bool is_escape(std::string_view text, std::size_t at) noexcept {
    return text[at] == '%' && at + 2 < text.size() && common::hex_digit(text[at + 1]) >= 0 &&
           common::hex_digit(text[at + 2]) >= 0;
}

std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = is_escape(text, i);
        if (escape) {
            out += static_cast<char>(common::hex_digit(text[i + 1]) * 16 + common::hex_digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

/// Takes what stands before `separator`, and that, from the front.
std::string_view take_until(std::string_view& rest, char separator) noexcept {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view front = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return front;
}

void put_pair(event::line_buffer& out, std::string_view name, std::string_view value) {
    out.put(",{\"name\":");
    put_string(out, name);
    out.put(",\"value\":");
    put_string(out, value);
}

/// Takes up to `most` digits from the front; nothing where there are fewer than `least`.
std::optional<int> take_digits(std::string_view& text, std::size_t least, std::size_t most) noexcept {
    int n = 0;
    std::size_t i = 0;
    for (; i < text.size() && common::is_digit(text[i]); ++i) {
        if (i >= most) return std::nullopt;
        n = n * 10 + (text[i] - '0');
    }
    if (i < least) return std::nullopt;
    text.remove_prefix(i);
    return n;
}

struct date {
    std::optional<int> day, month, year;
    std::optional<std::chrono::seconds> time;
};

/// One token of a date; each kind is taken once, in the order of RFC 6265.
void read_date_token(std::string_view token, date& d) noexcept {
    constexpr std::string_view months = "janfebmaraprmayjunjulaugsepoctnovdec";
    std::string_view rest = token;
    const auto first = take_digits(rest, 1, 4);
    if (first && rest.starts_with(':') && !d.time) {
        rest.remove_prefix(1);
        const auto minute = take_digits(rest, 1, 2);
        if (!minute || !rest.starts_with(':')) return;
        rest.remove_prefix(1);
        const auto second = take_digits(rest, 1, 2);
        if (*first < 24 && *minute < 60 && second && *second < 60)
            d.time =
                std::chrono::hours(*first) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
        return;
    }
    const std::size_t digits = token.size() - rest.size();
    if (first && digits <= 2 && !d.day) {
        d.day = first;
        return;
    }
    if (token.size() >= 3 && !d.month) {
        std::array<char, 3> name{};
        for (std::size_t i = 0; i < name.size(); ++i) name[i] = common::to_lower(token[i]);
        const std::size_t at = months.find(std::string_view(name.data(), name.size()));
        if (at != std::string_view::npos && at % name.size() == 0) {
            d.month = static_cast<int>(at / name.size()) + 1;
            return;
        }
    }
    if (first && (digits == 2 || digits == 4) && !d.year)
        d.year = digits == 4 ? *first : *first + (*first >= 70 ? 1900 : 2000);
}

} // namespace

bool put_string(event::line_buffer& out, std::string_view bytes) {
    const bool is_text = event::is_utf8(bytes);
    event::put_wire(out, is_text ? bytes : std::string_view(from_latin1(bytes)));
    return is_text;
}

void put_milliseconds(event::line_buffer& out, common::nanoseconds d) {
    constexpr std::int64_t one = 1'000'000;
    const std::int64_t n = std::max<std::int64_t>(d.count, 0);
    out.put_number(static_cast<std::uint64_t>(n / one));
    out.put('.');
    for (std::int64_t unit = one / 10; unit > 0; unit /= 10) out.put(static_cast<char>('0' + n / unit % 10));
}

void put_url(event::line_buffer& out, std::string_view url) {
    const std::size_t authority = url.find("//");
    const std::size_t path =
        authority == std::string_view::npos ? 0 : std::min(url.find('/', authority + 2), url.size());
    const bool is_ipv6 = path > 0 && url.substr(authority + 2).starts_with('[');
    out.put('"');
    for (std::size_t i = 0; i < url.size(); ++i) {
        const char c = url[i];
        if (may_stand_in_url(c) || is_escape(url, i) || (is_ipv6 && i < path && (c == '[' || c == ']'))) {
            out.put(c);
            continue;
        }
        const auto u = static_cast<unsigned char>(c);
        out.put('%');
        out.put(hex[u >> 4]);
        out.put(hex[u & 15]);
    }
    out.put('"');
}

void put_query(event::line_buffer& out, std::string_view target) {
    const std::size_t start = out.size();
    const std::size_t mark = target.find('?');
    std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    while (!rest.empty()) {
        std::string_view pair = take_until(rest, '&');
        if (pair.empty()) continue;
        const std::string_view name = take_until(pair, '=');
        put_pair(out, decoded(name), decoded(pair));
        out.put('}');
    }
    out.close_from(start, '[', ']');
}

void put_cookies(event::line_buffer& out, std::string_view field) {
    while (!field.empty()) {
        std::string_view pair = common::trimmed(take_until(field, ';'));
        if (pair.empty()) continue;
        const std::string_view name = common::trimmed(take_until(pair, '='));
        put_pair(out, name, common::trimmed(pair));
        out.put('}');
    }
}

void put_set_cookie(event::line_buffer& out, std::string_view field) {
    std::string_view pair = take_until(field, ';');
    const std::string_view name = common::trimmed(take_until(pair, '='));
    put_pair(out, name, common::trimmed(pair));
    bool is_http_only = false, is_secure = false;
    std::optional<std::string_view> path, domain, same_site;
    std::optional<common::timestamp> expires;
    while (!field.empty()) {
        std::string_view value = take_until(field, ';');
        const std::string_view attribute = common::trimmed(take_until(value, '='));
        value = common::trimmed(value);
        const auto is = [&](std::string_view what) { return common::equals_ignoring_case(attribute, what); };
        if (is("path"))
            path = value;
        else if (is("domain"))
            domain = value;
        else if (is("samesite"))
            same_site = value;
        else if (is("expires"))
            expires = cookie_date(value);
        else if (is("httponly"))
            is_http_only = true;
        else if (is("secure"))
            is_secure = true;
    }
    const auto put = [&out](std::string_view key, const std::optional<std::string_view>& value) {
        if (!value) return;
        out.put(key);
        put_string(out, *value);
    };
    put(",\"path\":", path);
    put(",\"domain\":", domain);
    if (expires) {
        out.put(",\"expires\":\"");
        out.put_time(*expires);
        out.put('"');
    }
    out.put(is_http_only ? ",\"httpOnly\":true" : ",\"httpOnly\":false");
    out.put(is_secure ? ",\"secure\":true" : ",\"secure\":false");
    put(",\"sameSite\":", same_site);
    out.put('}');
}

std::optional<common::timestamp> cookie_date(std::string_view text) noexcept {
    constexpr auto is_of_token = [](char c) {
        const char lower = common::to_lower(c);
        return common::is_digit(c) || c == ':' || (lower >= 'a' && lower <= 'z') ||
               static_cast<unsigned char>(c) >= 0x7f;
    };
    date d;
    while (!text.empty()) {
        const auto* const from = std::find_if(text.begin(), text.end(), is_of_token);
        const auto* const to = std::find_if_not(from, text.end(), is_of_token);
        if (from != to) read_date_token({from, static_cast<std::size_t>(to - from)}, d);
        text.remove_prefix(static_cast<std::size_t>(to - text.begin()));
    }
    // what a time stamp can hold
    if (!d.day || !d.month || !d.year || !d.time || *d.year < 1970 || *d.year > 2261) return std::nullopt;
    using namespace std::chrono;
    const year_month_day day{year(*d.year), month(static_cast<unsigned>(*d.month)),
                             std::chrono::day(static_cast<unsigned>(*d.day))};
    if (!day.ok()) return std::nullopt;
    return common::timestamp{duration_cast<nanoseconds>(sys_days(day).time_since_epoch() + *d.time).count()};
}

} // namespace weir::output::har
