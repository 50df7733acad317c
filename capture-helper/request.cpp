#include "capture-helper/request.hpp"

#include <algorithm>
#include <charconv>

#include "capture-helper/settings.hpp"

namespace weir::capture_helper {
namespace {

using error = std::optional<text_error>;

error read_setting(const setting& s, capture_request& r) {
    const auto wrong = [&](std::string what) { return text_error{s.column, std::move(what)}; };
    if (s.key == "interface") {
        if (!is_interface_name(s.value)) return wrong("interface= takes the name of a network interface");
        if (r.interfaces.size() == limits::max_interfaces) return wrong("more than 32 interfaces");
        r.interfaces.emplace_back(s.value);
    } else if (s.key == "snaplen") {
        if (!parse_number(s.value, 1, limits::max_snaplen, r.snaplen)) return wrong("snaplen= takes 1 to 262144 bytes");
    } else if (s.key == "buffer") {
        if (!parse_number(s.value, limits::min_buffer, limits::max_buffer, r.buffer_kib))
            return wrong("buffer= takes 2048 to 262144 KiB");
    } else if (s.key == "promiscuous") {
        if (!parse_yes_no(s.value, r.promiscuous)) return wrong("promiscuous= takes yes or no");
    } else if (s.key == "direction") {
        if (!parse_direction(s.value, r.way)) return wrong("direction= takes in, out or inout");
    } else if (s.key == "filter") {
        r.filter = s.value;
    } else {
        return wrong("unknown key");
    }
    return std::nullopt;
}

} // namespace

bool parse_number(std::string_view text, int low, int high, int& out) noexcept {
    int value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, value);
    if (failed != std::errc{} || stop != end || value < low || value > high) return false;
    out = value;
    return true;
}

bool parse_yes_no(std::string_view text, bool& out) noexcept {
    out = text == "yes";
    return out || text == "no";
}

bool parse_direction(std::string_view text, direction& out) noexcept {
    out = text == "in" ? direction::in : text == "out" ? direction::out : direction::both;
    return out != direction::both || text == "inout";
}

bool is_interface_name(std::string_view name) noexcept {
    constexpr std::size_t longest = 15;  // IFNAMSIZ - 1
    const auto fits = [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != ':'; };
    return !name.empty() && name.size() <= longest && name != "." && name != ".." && std::all_of(name.begin(), name.end(), fits);
}

std::optional<text_error> parse_request_line(std::string_view line, capture_request& out) {
    const auto control = std::find_if(line.begin(), line.end(), [](char c) { return c < ' ' || c == 0x7f; });
    if (control != line.end())
        return text_error{static_cast<std::size_t>(control - line.begin()) + 1, "the line is not printable ASCII"};
    settings_line words(line);
    setting s;
    if (!words.next(s) || s.key != "capture" || !s.value.empty()) return text_error{1, "a request starts with \"capture\""};
    std::vector<std::string_view> seen;
    while (words.next(s)) {
        if (s.key != "interface" && std::find(seen.begin(), seen.end(), s.key) != seen.end())
            return text_error{s.column, "this key came before"};
        if (auto wrong = read_setting(s, out)) return wrong;
        seen.push_back(s.key);
    }
    if (out.interfaces.empty()) out.interfaces.emplace_back("any");
    return std::nullopt;
}

std::string joined_filter(const capture_request& r) {
    if (r.mandatory_filter.empty() || r.filter.empty()) return r.mandatory_filter + r.filter;
    return '(' + r.mandatory_filter + ") and (" + r.filter + ')';
}

std::string describe(const capture_request& r) {
    std::string out;
    for (const std::string& name : r.interfaces) out += "interface=" + name + ' ';
    const char* const way = r.way == direction::in ? "in" : r.way == direction::out ? "out" : "inout";
    return out + "snaplen=" + std::to_string(r.snaplen) + " buffer=" + std::to_string(r.buffer_kib) +
           " promiscuous=" + (r.promiscuous ? "yes" : "no") + " direction=" + way + " filter=" + joined_filter(r);
}

} // namespace weir::capture_helper
