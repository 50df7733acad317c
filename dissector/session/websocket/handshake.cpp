#include "session/websocket/handshake.hpp"

#include <nettle/md5.h>
#include <nettle/sha1.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "common/base64.hpp"
#include "session/http/text.hpp"

namespace weir::session::websocket {

namespace {

using event::other;
using http::equals_ignoring_case;
using http::for_each_element;
using http::trimmed;

constexpr std::string_view key_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view deflate_name = "permessage-deflate";

/// 16 bytes in Base64, as far as its form says.
bool is_key(std::string_view key) noexcept {
    constexpr std::size_t size = 24;
    const auto is_digit = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
               c == '/';
    };
    return key.size() == size && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, is_digit);
}

/// RFC 6455 section 4.2.2.
bool is_accepted_by(std::string_view key, std::string_view accept) {
    std::array<std::uint8_t, SHA1_DIGEST_SIZE> digest;
    sha1_ctx hash;
    sha1_init(&hash);
    for (const std::string_view part : {key, key_guid})
        sha1_update(&hash, part.size(), common::as_bytes(part).data());
    sha1_digest(&hash, digest.size(), digest.data());
    std::array<char, common::base64_size(SHA1_DIGEST_SIZE)> text;
    common::write_base64(digest, text);
    return accept == std::string_view(text.data(), text.size());
}

/// The number in a key of hixie-76: its digits, divided by its spaces.
std::optional<std::uint32_t> number_in(std::string_view key) noexcept {
    std::uint64_t digits = 0, spaces = 0;
    for (const char c : key) {
        spaces += static_cast<std::uint64_t>(c == ' ');
        if (common::is_digit(c)) digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
        if (digits > 0xffffffffU) return std::nullopt;
    }
    if (spaces == 0 || digits % spaces != 0) return std::nullopt;
    return static_cast<std::uint32_t>(digits / spaces);
}

std::optional<std::array<std::uint8_t, 8>> challenge_of(std::string_view key1, std::string_view key2) {
    std::array<std::uint8_t, 8> both{};
    std::size_t at = 0;
    for (const std::string_view key : {key1, key2}) {
        const auto number = number_in(key);
        if (!number) return std::nullopt;
        for (const unsigned shift : {24U, 16U, 8U, 0U})
            both[at++] = static_cast<std::uint8_t>(*number >> shift & 0xff);
    }
    return both;
}

struct parameter {
    std::string_view name, value;
};

/// Calls f with each parameter behind an extension's name.
template <class F>
void for_each_parameter(std::string_view extension, F&& f) {
    for (std::size_t at = extension.find(';'); at != std::string_view::npos; at = extension.find(';')) {
        extension.remove_prefix(at + 1);
        const std::string_view one = trimmed(extension.substr(0, extension.find(';')));
        const std::size_t equals = std::min(one.find('='), one.size());
        std::string_view value = trimmed(one.substr(std::min(equals + 1, one.size())));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        f(parameter{trimmed(one.substr(0, equals)), value});
    }
}

std::string_view name_of(std::string_view extension) noexcept {
    return trimmed(extension.substr(0, extension.find(';')));
}

std::optional<std::uint8_t> window_bits(std::string_view text) noexcept {
    constexpr unsigned least = 8, most = 15;
    unsigned bits = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, bits);
    if (parsed.ec != std::errc() || parsed.ptr != end || bits < least || bits > most || text.front() == '0')
        return std::nullopt;
    return static_cast<std::uint8_t>(bits);
}

/// False where a parameter is none, or stands there twice.
bool read_parameters(std::string_view extension, event::websocket_deflate& out) {
    bool is_valid = true;
    unsigned seen = 0;
    const auto first = [&](unsigned bit) {
        const bool is_new = (seen & bit) == 0;
        seen |= bit;
        return is_new;
    };
    for_each_parameter(extension, [&](const parameter& p) {
        const bool is_server = p.name.starts_with("server_");
        const bool is_of_side = is_server || p.name.starts_with("client_");
        const std::string_view what =
            is_of_side ? p.name.substr(std::string_view("client_").size()) : std::string_view();
        if (what == "no_context_takeover") {
            (is_server ? out.server_no_context_takeover : out.client_no_context_takeover) = true;
            is_valid = is_valid && p.value.empty() && first(is_server ? 1 : 2);
        } else if (what == "max_window_bits") {
            const auto bits = window_bits(p.value);
            if (bits) (is_server ? out.server_window_bits : out.client_window_bits) = *bits;
            is_valid = is_valid && bits && first(is_server ? 4 : 8);
        } else {
            is_valid = false;
        }
    });
    return is_valid;
}

bool offers(std::string_view offered, std::string_view name) {
    bool is_there = false;
    for_each_element(offered, [&](std::string_view extension) {
        is_there = is_there || equals_ignoring_case(name_of(extension), name);
    });
    return is_there;
}

void read_extensions(std::string_view offered, bool has_request, const position& at, agreement& out) {
    for_each_element(out.extensions, [&](std::string_view extension) {
        const std::string_view name = name_of(extension);
        if (has_request && !offers(offered, name))
            out.notes.add(anomaly::extension_not_offered, at.offset, at);
        if (!equals_ignoring_case(name, deflate_name)) {
            out.has_unknown_extension = true;
            out.notes.add(anomaly::extension_unknown, at.offset, at);
        } else if (out.deflate) {
            out.notes.add(anomaly::extension_invalid, at.offset, at);
        } else if (!read_parameters(extension, out.deflate.emplace())) {
            out.notes.add(anomaly::extension_invalid, at.offset, at);
        }
    });
}

/// hixie-76 has two keys, hixie-75 none; nothing later has such an answer.
bool is_hixie(const upgrade& by, std::string& scratch) {
    const flow::side client = by.asks();
    if (by.has_request() && (by.field(client, "sec-websocket-key", scratch) ||
                             by.field(client, "sec-websocket-version", scratch)))
        return false;
    if (by.field(other(client), "sec-websocket-accept", scratch)) return false;
    return by.field(client, "sec-websocket-key1", scratch) ||
           by.field(other(client), "sec-websocket-location", scratch) ||
           by.field(other(client), "websocket-location", scratch);
}

void read_hixie(const upgrade& by, const position& at, agreement& out) {
    out.frames = framing::hixie;
    std::string key1, key2, scratch;
    const flow::side client = by.asks();
    const bool has_keys =
        by.field(client, "sec-websocket-key1", key1) && by.field(client, "sec-websocket-key2", key2);
    out.version =
        has_keys || by.field(other(client), "sec-websocket-location", scratch) ? "hixie-76" : "hixie-75";
    (void)by.field(other(client), has_keys ? "sec-websocket-protocol" : "websocket-protocol", out.protocol);
    if (!has_keys) return;
    out.challenge = challenge_of(key1, key2);
    if (!out.challenge) out.notes.add(anomaly::key_invalid, at.offset, at);
}

} // namespace

void agreement::clear() noexcept {
    frames = framing::rfc6455;
    exchange.reset();
    url.clear();
    version.clear();
    protocol.clear();
    extensions.clear();
    deflate.reset();
    has_unknown_extension = false;
    challenge.reset();
    notes.clear();
}

bool agreement::is_answered_by(common::bytes_view key3, common::bytes_view answer) const noexcept {
    std::array<std::uint8_t, MD5_DIGEST_SIZE> digest;
    md5_ctx hash;
    md5_init(&hash);
    md5_update(&hash, challenge->size(), challenge->data());
    md5_update(&hash, key3.size(), key3.data());
    md5_digest(&hash, digest.size(), digest.data());
    return std::equal(digest.begin(), digest.end(), answer.begin(), answer.end());
}

void read_handshake(const upgrade& by, const position& at, agreement& out) {
    const flow::side client = by.asks(), server = other(client);
    out.exchange = by.number();
    by.target(out.url);
    if (out.url.starts_with("http")) out.url.replace(0, 4, "ws"); // RFC 6455 section 3
    std::string asked, answered;
    if (is_hixie(by, asked)) {
        read_hixie(by, at, out);
        return;
    }
    const bool has_request = by.has_request();
    if (by.field(client, "sec-websocket-version", out.version) || has_request) {
        unsigned version = 0;
        const char* const end = out.version.data() + out.version.size();
        const auto parsed = std::from_chars(out.version.data(), end, version);
        const bool is_number = parsed.ec == std::errc() && parsed.ptr == end;
        const bool has_these_frames = !is_number || version >= 7; // draft-ietf-hybi-thewebsocketprotocol-07
        if (!has_these_frames) out.frames = framing::unreadable;
        if (!(is_number && (version == 13 || version == 8 || version == 7)))
            out.notes.add(anomaly::version_unknown, at.offset, at);
    }
    if (has_request) {
        const bool has_key = by.field(client, "sec-websocket-key", asked) && is_key(asked);
        if (!has_key) out.notes.add(anomaly::key_invalid, at.offset, at);
        const bool has_accept = by.field(server, "sec-websocket-accept", answered);
        if (!has_accept || !is_accepted_by(asked, answered))
            out.notes.add(anomaly::accept_invalid, at.offset, at);
    }
    if (by.field(server, "sec-websocket-protocol", out.protocol) && has_request) {
        (void)by.field(client, "sec-websocket-protocol", asked);
        bool is_offered = false;
        for_each_element(asked,
                         [&](std::string_view name) { is_offered = is_offered || name == out.protocol; });
        if (!is_offered) out.notes.add(anomaly::protocol_not_offered, at.offset, at);
    }
    (void)by.field(server, "sec-websocket-extensions", out.extensions);
    (void)by.field(client, "sec-websocket-extensions", asked);
    read_extensions(asked, has_request, at, out);
}

} // namespace weir::session::websocket
