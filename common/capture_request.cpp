#include "common/capture_request.hpp"

#include <algorithm>
#include <charconv>

#include "common/size.hpp"

namespace weir::common {
namespace {

using limits = request_limits;

constexpr std::string_view protocol_keys[] = {"interface",   "snaplen",   "buffer",
                                              "promiscuous", "direction", "filter"};

std::optional<std::string> number(std::string_view key, std::string_view value, int low, int high, int& out) {
    if (parse_number(value, low, high, out)) return std::nullopt;
    return std::string(key) + " takes a number from " + std::to_string(low) + " to " + std::to_string(high);
}

std::optional<std::string> size(std::string_view key, std::string_view value, int unit, int low, int high,
                                int& out) {
    if (parse_size_within(value, unit, low, high, out)) return std::nullopt;
    return std::string(key) + " takes a size from " + std::to_string(low) + " to " + std::to_string(high) +
           (unit == 1 ? " bytes" : " KiB") + ", as in 64k or 4Mi";
}

} // namespace

bool settings_line::next(setting& out) noexcept {
    at_ = std::min(line_.find_first_not_of(" \t", at_), line_.size());
    if (at_ == line_.size()) return false;
    const bool takes_rest = line_.substr(at_).starts_with("filter=");
    const std::size_t end =
        takes_rest ? line_.size() : std::min(line_.find_first_of(" \t", at_), line_.size());
    const std::string_view word = line_.substr(at_, end - at_);
    const std::size_t equals = word.find('=');
    const bool has_value = equals != std::string_view::npos;
    out = {word.substr(0, equals), has_value ? word.substr(equals + 1) : std::string_view(), at_ + 1};
    at_ = end;
    return true;
}

bool parse_number(std::string_view text, int low, int high, int& out) noexcept {
    int value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, value);
    if (failed != std::errc{} || stop != end || value < low || value > high) return false;
    out = value;
    return true;
}

bool parse_size_within(std::string_view text, int unit, int low, int high, int& out) noexcept {
    const auto bytes = parse_size(text, static_cast<std::uint64_t>(unit));
    if (!bytes) return false;
    const std::uint64_t value = *bytes / static_cast<std::uint64_t>(unit);
    if (value < static_cast<std::uint64_t>(low) || value > static_cast<std::uint64_t>(high)) return false;
    out = static_cast<int>(value);
    return true;
}

bool parse_yes_no(std::string_view text, bool& out) noexcept {
    out = text == "yes";
    return out || text == "no";
}

bool parse_direction(std::string_view text, capture_direction& out) noexcept {
    out = text == "in"    ? capture_direction::in
          : text == "out" ? capture_direction::out
                          : capture_direction::both;
    return out != capture_direction::both || text == "inout";
}

const char* direction_name(capture_direction way) noexcept {
    return way == capture_direction::in ? "in" : way == capture_direction::out ? "out" : "inout";
}

bool is_interface_name(std::string_view name) noexcept {
    constexpr std::size_t longest = 15; // IFNAMSIZ - 1
    const auto fits = [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != ':'; };
    return !name.empty() && name.size() <= longest && name != "." && name != ".." &&
           std::all_of(name.begin(), name.end(), fits);
}

std::optional<std::string> apply_setting(std::string_view key, std::string_view value, capture_request& r) {
    const auto unless = [](bool holds, const char* what) {
        return holds ? std::nullopt : std::optional<std::string>(what);
    };
    if (key == "interface") {
        r.interfaces.emplace_back(value);
        return unless(is_interface_name(value) && r.interfaces.size() <= limits::max_interfaces,
                      "interface takes the name of a network interface, at most 32 times");
    }
    if (key == "snaplen") return size(key, value, 1, 1, limits::max_snaplen, r.snaplen);
    if (key == "buffer") return size(key, value, 1024, limits::min_buffer, limits::max_buffer, r.buffer_kib);
    if (key == "timeout") return number(key, value, 1, limits::max_timeout, r.timeout_ms);
    if (key == "promiscuous")
        return unless(parse_yes_no(value, r.promiscuous), "promiscuous takes yes or no");
    if (key == "direction") return unless(parse_direction(value, r.way), "direction takes in, out or inout");
    if (key == "format") {
        r.format = value == "pcap" ? capture_format::pcap : capture_format::pcapng;
        return unless(value == "pcap" || value == "pcapng", "format takes pcapng or pcap");
    }
    r.filter = value;
    return unless(key == "filter" && value.size() <= limits::max_filter,
                  "unknown, or a filter of more than 16384 bytes");
}

std::optional<text_error> parse_request_line(std::string_view line, capture_request& out) {
    const auto control = std::find_if(line.begin(), line.end(), [](char c) { return c < ' ' || c == 0x7f; });
    if (control != line.end())
        return text_error{static_cast<std::size_t>(control - line.begin()) + 1,
                          "the line is not printable ASCII"};
    settings_line words(line);
    setting s;
    if (!words.next(s) || s.key != "capture" || !s.value.empty())
        return text_error{1, "a request starts with \"capture\""};
    std::vector<std::string_view> seen;
    while (words.next(s)) {
        if (s.key != "interface" && std::find(seen.begin(), seen.end(), s.key) != seen.end())
            return text_error{s.column, "this key came before"};
        if (std::find(std::begin(protocol_keys), std::end(protocol_keys), s.key) == std::end(protocol_keys))
            return text_error{s.column, "unknown key"};
        if (auto wrong = apply_setting(s.key, s.value, out)) return text_error{s.column, std::move(*wrong)};
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
    return out + "snaplen=" + std::to_string(r.snaplen) + " buffer=" + std::to_string(r.buffer_kib) +
           " promiscuous=" + (r.promiscuous ? "yes" : "no") + " direction=" + direction_name(r.way) +
           " filter=" + joined_filter(r);
}

} // namespace weir::common
