// The parameters of SVCB and HTTPS records in presentation form. Must never take what RFC 9460 forbids.
#include <array>

#include "common/base64.hpp"
#include "event/code.hpp"
#include "session/dns/presentation.hpp"

namespace weir::session::dns {

namespace {

/// IANA: DNS SVCB, service parameter keys.
struct keys {
    static constexpr std::string_view unknown = "key";
    static constexpr auto table = std::to_array<event::named_code>({
        {0, "mandatory"},
        {1, "alpn"},
        {2, "no-default-alpn"},
        {3, "port"},
        {4, "ipv4hint"},
        {5, "ech"},
        {6, "ipv6hint"},
        {7, "dohpath"},
    });
};

void append_key(std::string& out, std::uint16_t key) {
    const std::string_view name = event::code<keys>{key}.name();
    if (!name.empty()) {
        out.append(name);
        return;
    }
    out.append(keys::unknown);
    append_number(out, key);
}

/// A comma between elements, not before the first.
void separate(std::string& out, std::size_t from) {
    if (out.size() > from) out.push_back(',');
}

bool append_mandatory(std::string& out, common::bytes_view value) {
    if (value.empty() || value.size() % 2 != 0) return false;
    const std::size_t from = out.size();
    for (std::size_t i = 0; i < value.size(); i += 2) {
        separate(out, from);
        append_key(out, common::load<std::uint16_t>(value, i));
    }
    return true;
}

/// RFC 9460 appendix A.1: a comma and a backslash within an element are escaped twice.
void append_element(std::string& out, common::bytes_view element) {
    for (const std::uint8_t byte : element) {
        if (byte < 0x20 || byte >= 0x7f) {
            out.push_back('\\');
            append_padded(out, byte, 3);
            continue;
        }
        if (byte == ',') out.append("\\\\");
        if (byte == '\\') out.append("\\\\\\");
        if (byte == '"') out.push_back('\\');
        out.push_back(static_cast<char>(byte));
    }
}

bool append_alpn(std::string& out, common::bytes_view value) {
    if (value.empty()) return false;
    out.push_back('"');
    const std::size_t from = out.size();
    common::cursor rest(value);
    while (!rest.empty()) {
        std::uint8_t length = 0;
        common::bytes_view element;
        if (!rest.read(length) || length == 0 || !rest.take(length, element)) return false;
        separate(out, from);
        append_element(out, element);
    }
    out.push_back('"');
    return true;
}

bool append_hints(std::string& out, common::bytes_view value, std::size_t size) {
    if (value.empty() || value.size() % size != 0) return false;
    const std::size_t from = out.size();
    for (std::size_t i = 0; i < value.size(); i += size) {
        separate(out, from);
        append_address(out, value.subspan(i, size));
    }
    return true;
}

bool append_value(std::string& out, std::uint16_t key, common::bytes_view value) {
    switch (key) {
    case 0:
        return append_mandatory(out, value);
    case 1:
        return append_alpn(out, value);
    case 3:
        if (value.size() != 2) return false;
        append_number(out, common::load<std::uint16_t>(value, 0));
        return true;
    case 4:
        return append_hints(out, value, 4);
    case 5:
        if (value.empty()) return false;
        common::append_base64(out, value);
        return true;
    case 6:
        return append_hints(out, value, 16);
    default:
        append_quoted(out, value);
        return true;
    }
}

} // namespace

bool append_service_parameters(std::string& out, common::bytes_view data) {
    constexpr std::uint16_t no_default_alpn = 2;
    common::cursor rest(data);
    std::int32_t last = -1;
    while (!rest.empty()) {
        std::uint16_t key = 0, length = 0;
        common::bytes_view value;
        if (!rest.read(key) || !rest.read(length) || !rest.take(length, value)) return false;
        if (key <= last) return false; // RFC 9460 section 2.2: strictly ascending
        last = key;
        if (key == no_default_alpn && !value.empty()) return false;
        out.push_back(' ');
        append_key(out, key);
        if (value.empty() && (key == no_default_alpn || key > 7)) continue;
        out.push_back('=');
        if (!append_value(out, key, value)) return false;
    }
    return true;
}

} // namespace weir::session::dns
