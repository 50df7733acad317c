#include "session/http/probe.hpp"

#include <algorithm>
#include <array>

#include "session/http/start_line.hpp"
#include "session/http/text.hpp"

namespace weir::session::http {

namespace {

// Methods by which a request is known before its line is complete: the registry of RFC 9110 section 16.1.1
// where it is in use, WebDAV (RFC 4918), and the UPnP ones that ride on TCP.
constexpr std::array<std::string_view, 22> common_methods{
    "GET",     "POST",     "HEAD",      "PUT",         "DELETE", "OPTIONS", "PATCH", "TRACE",
    "CONNECT", "PROPFIND", "PROPPATCH", "MKCOL",       "COPY",   "MOVE",    "LOCK",  "UNLOCK",
    "REPORT",  "SEARCH",   "SUBSCRIBE", "UNSUBSCRIBE", "NOTIFY", "QUERY"};

constexpr std::size_t longest_method = 32;

guess when_more(std::string_view text) noexcept { return text.size() < enough ? guess::unsure : guess::no; }

guess response_from(std::string_view text) noexcept {
    constexpr std::string_view form = "HTTP/d.d ddd";
    for (std::size_t i = 0; i < std::min(text.size(), form.size()); ++i) {
        if (form[i] == 'd' ? !is_digit(text[i]) : text[i] != form[i]) return guess::no;
    }
    return text.size() < form.size() ? guess::unsure : guess::response;
}

bool is_common_method(std::string_view method) noexcept {
    return std::find(common_methods.begin(), common_methods.end(), method) != common_methods.end();
}

bool begins_common_request(std::string_view method, std::string_view after) noexcept {
    const bool is_target = after.starts_with('/') || starts_ignoring_case(after, "http");
    const std::string_view seen = after.substr(0, enough);
    return is_common_method(method) && is_target && std::none_of(seen.begin(), seen.end(), is_control);
}

/// The request line is complete: it must say so itself.
guess request_line_from(std::string_view method, std::string_view after_method) noexcept {
    const std::size_t blank = after_method.rfind(' ');
    if (blank == std::string_view::npos) {
        // "a HTTP/1.1" is the end of a line whose beginning was lost
        if (version_digits(after_method).size() == 3 && after_method.starts_with("HTTP/"))
            return is_common_method(method) ? guess::request : guess::no;
        const bool is_old = after_method.starts_with('/') && begins_common_request(method, after_method);
        return is_old ? guess::request : guess::no;
    }
    const std::string_view protocol = after_method.substr(blank + 1);
    const std::string_view version = version_digits(protocol);
    if (protocol == "HTTP/1." || protocol == "HTTP/1")
        return begins_common_request(method, after_method) ? guess::request : guess::no;
    const bool is_of_others = protocol.starts_with("RTSP/") || protocol.starts_with("SIP/");
    if (method == "GET" && after_method.starts_with('/') && version.size() == 3 && !is_of_others)
        return guess::request;
    if (!protocol.starts_with("HTTP/") || version.empty()) return guess::no;
    return method == "PRI" && version == "2.0" ? guess::no : guess::request;
}

guess request_from(std::string_view text) noexcept {
    std::size_t end = 0;
    while (end < text.size() && end <= longest_method && is_token(text[end])) ++end;
    if (end == 0 || end > longest_method) return guess::no;
    if (end == text.size()) return when_more(text);
    if (text[end] != ' ') return guess::no;
    const std::string_view method = text.substr(0, end);
    const std::string_view after = text.substr(end + 1);

    const std::size_t lf = after.find('\n');
    if (lf != std::string_view::npos) {
        std::string_view line = after.substr(0, lf);
        while (!line.empty() && (line.back() == '\r' || is_blank(line.back()))) line.remove_suffix(1);
        return request_line_from(method, line);
    }
    if (after.size() < 8 || text.size() < enough) return when_more(text);
    return begins_common_request(method, after) ? guess::request : guess::no;
}

constexpr std::size_t most_empty_line_bytes = 8;

template <class F>
guess after_empty_lines(std::string_view text, F&& probe_from) noexcept {
    const std::size_t first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    if (first > most_empty_line_bytes) return guess::no;
    return first == text.size() ? guess::unsure : probe_from(text.substr(first));
}

} // namespace

guess probe(std::string_view text) noexcept {
    const guess response = probe_response(text);
    return response != guess::no ? response : probe_request(text);
}

guess probe_cut(std::string_view text) noexcept {
    const guess seen = probe(text);
    if (seen != guess::unsure) return seen;
    const std::string_view line = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    const std::size_t blank = std::min(line.find(' '), line.size());
    return blank < line.size() && begins_common_request(line.substr(0, blank), line.substr(blank + 1))
               ? guess::request
               : guess::no;
}

bool is_bare_request(std::string_view text) noexcept {
    constexpr std::string_view begin = "GET /";
    return text.starts_with(begin) && text.find_first_of(" \t\r\n", begin.size()) == std::string_view::npos &&
           std::none_of(text.begin(), text.end(), is_control);
}

bool begins_common_method(std::string_view text) noexcept {
    const std::string_view line = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    const std::size_t blank = line.find(' ');
    if (blank != std::string_view::npos) return is_common_method(line.substr(0, blank));
    return std::any_of(common_methods.begin(), common_methods.end(),
                       [line](std::string_view method) { return method.starts_with(line); });
}

guess probe_request(std::string_view text) noexcept { return after_empty_lines(text, request_from); }

guess probe_response(std::string_view text) noexcept { return after_empty_lines(text, response_from); }

} // namespace weir::session::http
