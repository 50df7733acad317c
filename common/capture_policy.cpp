#include "common/capture_policy.hpp"

#include <algorithm>

namespace weir::common {
namespace {

using error = std::optional<text_error>;

error read_setting(const setting& s, capture_rule& r) {
    std::vector<std::string>* const list = s.key == "user"        ? &r.users
                                           : s.key == "group"     ? &r.groups
                                           : s.key == "interface" ? &r.interfaces
                                                                  : nullptr;
    if (list != nullptr)
        list->emplace_back(s.value);
    else if (s.key == "filter")
        r.filter = s.value;
    const bool right = list != nullptr || s.key == "filter" ? !s.value.empty()
                       : s.key == "snaplen"
                           ? parse_size_within(s.value, 1, 1, request_limits::max_snaplen, r.snaplen)
                       : s.key == "promiscuous" ? parse_yes_no(s.value, r.promiscuous)
                                                : false;
    if (right) return std::nullopt;
    return text_error{s.column, "not one of user=NAME group=NAME interface=GLOB snaplen=1-262144 "
                                "promiscuous=yes|no filter=EXPRESSION"};
}

error read_rule(std::string_view line, std::vector<capture_rule>& rules) {
    settings_line words(line);
    setting s;
    if (!words.next(s) || s.key.starts_with('#')) return std::nullopt;
    const auto control =
        std::find_if(line.begin(), line.end(), [](char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
    if (control != line.end())
        return text_error{static_cast<std::size_t>(control - line.begin()) + 1, "not printable ASCII"};
    if (s.key != "allow" || !s.value.empty()) return text_error{s.column, "a rule starts with \"allow\""};
    capture_rule r;
    std::vector<std::string_view> once;
    while (words.next(s)) {
        if (std::find(once.begin(), once.end(), s.key) != once.end())
            return text_error{s.column, "this key came before"};
        if (error wrong = read_setting(s, r)) return wrong;
        if (s.key == "snaplen" || s.key == "promiscuous") once.push_back(s.key);
    }
    if (r.users.empty() && r.groups.empty())
        return text_error{1, "a rule names whom it allows: user= or group="};
    if (r.interfaces.empty()) return text_error{1, "a rule names what it allows: interface="};
    rules.push_back(std::move(r));
    return std::nullopt;
}

} // namespace

std::optional<policy_error> parse_policy(std::string_view text, std::vector<capture_rule>& out) {
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (error wrong = read_rule(text.substr(0, end), out)) return policy_error{number, std::move(*wrong)};
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::nullopt;
}

} // namespace weir::common
