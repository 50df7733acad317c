#include "session/http/target.hpp"

#include <algorithm>

#include "session/http/text.hpp"

namespace weir::session::http {

namespace {

bool same_host(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return to_lower(x) == to_lower(y); });
}

/// One of the four forms of RFC 9112 section 3.2, as far as they can be told apart.
bool has_form(std::string_view method, std::string_view target) noexcept {
    if (target.starts_with('/') || target == "*" || method == "CONNECT") return true;
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return false;
    const std::string_view rest = target.substr(scheme + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    return std::count(authority.begin(), authority.end(), '@') < 2;
}

} // namespace

std::optional<std::string_view> authority_of(std::string_view target) noexcept {
    if (target.starts_with('/')) return std::nullopt;
    const std::size_t colon = target.find("://");
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    if (!std::all_of(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(colon), is_token))
        return std::nullopt;
    const std::string_view rest = target.substr(colon + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    return authority.substr(authority.find('@') + 1);
}

std::optional<std::string_view> host_field(const message& request) noexcept {
    if (!request.has(known_field::host)) return std::nullopt;
    return request.first_value(known_field::host);
}

void write_url(std::string_view host, std::string_view target, bool secure, std::string& out) {
    out.clear();
    if (host.empty() || !(target.starts_with('/') || target == "*")) return;
    out.assign(secure ? "https://" : "http://").append(host);
    if (target != "*") out.append(target);
}

void check_target(message& request) {
    const position where{request.begins.start, request.last};
    const std::string_view target = request.view(request.target);
    if (!has_form(request.view(request.method), target))
        add_note(request, anomaly::target_invalid, request.begins.start, where,
                 "the request target has none of the forms of RFC 9112 section 3.2");
    if (!request.has(known_field::host)) {
        if (request.view(request.version) == "1.1")
            add_note(request, anomaly::host_missing, request.begins.start, where);
        return;
    }
    if (!request.repeats(known_field::host) && target.starts_with('/')) return;
    const std::string_view followed = authority_of(target).value_or(*host_field(request));
    bool differs = false;
    request.for_each_value(known_field::host,
                           [&](std::string_view host) { differs = differs || !same_host(host, followed); });
    if (differs) add_note(request, anomaly::host_differ, request.begins.start, where);
}

} // namespace weir::session::http
