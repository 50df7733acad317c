#include "session/dns/name.hpp"

namespace weir::session::dns {

void append_label(std::string& out, common::bytes_view label) {
    for (const std::uint8_t byte : label) {
        const auto c = static_cast<char>(byte);
        if (byte <= 0x20 || byte >= 0x7f) {
            out.push_back('\\');
            out.push_back(static_cast<char>('0' + byte / 100));
            out.push_back(static_cast<char>('0' + byte / 10 % 10));
            out.push_back(static_cast<char>('0' + byte % 10));
            continue;
        }
        // what means something in a zone file
        if (std::string_view("\"().;\\@$").find(c) != std::string_view::npos) out.push_back('\\');
        out.push_back(c);
    }
}

name_end append_name(std::string& out, common::bytes_view message, std::size_t at) {
    bool is_root = true;
    const name_end end = walk_name(message, at, [&](common::bytes_view label) {
        if (!is_root) out.push_back('.');
        is_root = false;
        append_label(out, label);
    });
    if (is_root && !end.wrong) out.push_back('.');
    return end;
}

} // namespace weir::session::dns
