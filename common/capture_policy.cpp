#include "common/capture_policy.hpp"

#include <algorithm>
#include <fnmatch.h>

namespace weir::common {
namespace {

using error = std::optional<text_error>;

constexpr const char* rule_keys = "not one of user=NAME group=NAME interface=GLOB snaplen=1-262144 "
                                  "promiscuous=yes|no filter=EXPRESSION (balanced, at most 4096 bytes)";
constexpr const char* limit_keys = "not one of captures=1-256 connections=4-1024 buffer=2Mi-8Gi "
                                   "interfaces=1-32";

/// Filters are joined as "(one) and (other)": none may close what it did not open.
bool is_balanced(std::string_view filter) {
    int depth = 0;
    for (const char c : filter)
        if ((depth += c == '(' ? 1 : c == ')' ? -1 : 0) < 0) return false;
    return depth == 0;
}

bool read_grant(const setting& s, capture_rule& r) {
    std::vector<std::string>* const list = s.key == "user"        ? &r.users
                                           : s.key == "group"     ? &r.groups
                                           : s.key == "interface" ? &r.interfaces
                                                                  : nullptr;
    if (list != nullptr) list->emplace_back(s.value);
    if (list != nullptr) return !s.value.empty();
    if (s.key == "snaplen") return parse_size_within(s.value, 1, 1, request_limits::max_snaplen, r.snaplen);
    if (s.key == "promiscuous") return parse_yes_no(s.value, r.promiscuous);
    r.filter = s.value;
    return s.key == "filter" && !s.value.empty() && s.value.size() <= policy_limits::max_filter &&
           is_balanced(s.value);
}

bool read_limit(const setting& s, capture_bounds& b) {
    if (s.key == "captures") return parse_number(s.value, 1, policy_limits::max_captures, b.captures);
    if (s.key == "connections")
        return parse_number(s.value, 4, policy_limits::max_connections, b.connections);
    if (s.key == "buffer")
        return parse_size_within(s.value, 1'024, request_limits::min_buffer, policy_limits::max_buffer,
                                 b.buffer_kib);
    return s.key == "interfaces" &&
           parse_number(s.value, 1, static_cast<int>(request_limits::max_interfaces), b.interfaces);
}

/// `limits` has the keys of lines that began with `limit`; each comes once in the file.
error read_line(std::string_view line, std::vector<std::string>& limits, capture_policy& out) {
    settings_line words(line);
    setting s;
    if (!words.next(s) || s.key.starts_with('#')) return std::nullopt;
    const auto control =
        std::find_if(line.begin(), line.end(), [](char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
    if (control != line.end())
        return text_error{static_cast<std::size_t>(control - line.begin()) + 1, "not printable ASCII"};
    const bool rule = s.key == "allow";
    if ((!rule && s.key != "limit") || !s.value.empty())
        return text_error{s.column, "a line starts with \"allow\" or \"limit\""};
    capture_rule r;
    std::vector<std::string> of_rule;
    while (words.next(s)) {
        std::vector<std::string>& once = rule ? of_rule : limits;
        if (std::find(once.begin(), once.end(), s.key) != once.end())
            return text_error{s.column, "this key came before"};
        if (!(rule ? read_grant(s, r) : read_limit(s, out.bounds)))
            return text_error{s.column, rule ? rule_keys : limit_keys};
        if (!rule || s.key == "snaplen" || s.key == "promiscuous") once.emplace_back(s.key);
    }
    if (!rule) return std::nullopt;
    if (r.users.empty() && r.groups.empty())
        return text_error{1, "a rule names whom it allows: user= or group="};
    if (r.interfaces.empty()) return text_error{1, "a rule names what it allows: interface="};
    out.rules.push_back(std::move(r));
    return std::nullopt;
}

bool share_one(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

} // namespace

std::optional<policy_error> parse_policy(std::string_view text, capture_policy& out) {
    std::vector<std::string> limits;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos)
            return policy_error{number, {text.size() + 1, "the last line has no end: is the file whole?"}};
        const std::size_t before = out.rules.size();
        if (error wrong = read_line(text.substr(0, end), limits, out))
            return policy_error{number, std::move(*wrong)};
        if (out.rules.size() > before) out.rules.back().line = number;
        text.remove_prefix(end + 1);
    }
    return std::nullopt;
}

const capture_rule* first_rule(const capture_policy& policy, const client_names& who,
                               const std::string& interface) {
    const auto covers = [&](const std::string& glob) {
        return ::fnmatch(glob.c_str(), interface.c_str(), 0) == 0;
    };
    for (const capture_rule& r : policy.rules)
        if ((share_one(r.users, who.user) || share_one(r.groups, who.groups)) &&
            std::any_of(r.interfaces.begin(), r.interfaces.end(), covers))
            return &r;
    return nullptr;
}

std::optional<std::string> apply_policy(const capture_policy& policy, const client_names& who,
                                        capture_request& r) {
    const capture_bounds& b = policy.bounds;
    const std::size_t count = r.interfaces.size();
    if (count > static_cast<std::size_t>(b.interfaces))
        return "at most " + std::to_string(b.interfaces) + " interfaces a request";
    if (count * static_cast<std::size_t>(r.buffer_kib) > static_cast<std::size_t>(b.buffer_kib))
        return "at most " + std::to_string(b.buffer_kib) +
               " KiB of buffer a request, all interfaces together";
    std::vector<std::string> filters;
    for (const std::string& name : r.interfaces) {
        const capture_rule* const rule = first_rule(policy, who, name);
        if (rule == nullptr) return "no rule allows this user to capture on " + name;
        r.snaplen = std::min(r.snaplen, rule->snaplen);
        r.promiscuous = r.promiscuous && rule->promiscuous;
        if (!rule->filter.empty() && std::find(filters.begin(), filters.end(), rule->filter) == filters.end())
            filters.push_back(rule->filter);
    }
    for (const std::string& f : filters)
        r.mandatory_filter +=
            (r.mandatory_filter.empty() ? "" : " and ") + (filters.size() > 1 ? '(' + f + ')' : f);
    if (r.mandatory_filter.size() > policy_limits::max_joined)
        return "the filters of these interfaces are too long together; ask for each alone";
    return std::nullopt;
}

} // namespace weir::common
