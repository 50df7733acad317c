#include "capture-helper/policy.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture-helper/report.hpp"
#include "capture-helper/settings.hpp"

namespace weir::capture_helper {
namespace {

using error = std::optional<text_error>;

error read_setting(const setting& s, rule& r) {
    const auto wrong = [&](const char* what) { return text_error{s.column, what}; };
    if (s.key != "promiscuous" && s.key != "snaplen" && s.value.empty()) return wrong("unknown word or empty value");
    if (s.key == "user") {
        r.users.emplace_back(s.value);
    } else if (s.key == "group") {
        r.groups.emplace_back(s.value);
    } else if (s.key == "interface") {
        r.interfaces.emplace_back(s.value);
    } else if (s.key == "snaplen") {
        if (!parse_number(s.value, 1, limits::max_snaplen, r.snaplen)) return wrong("snaplen= takes 1 to 262144 bytes");
    } else if (s.key == "promiscuous") {
        if (!parse_yes_no(s.value, r.promiscuous)) return wrong("promiscuous= takes yes or no");
    } else if (s.key == "filter") {
        r.filter = s.value;
    } else {
        return wrong("unknown key");
    }
    return std::nullopt;
}

error read_rule(std::string_view line, std::vector<rule>& rules) {
    settings_line words(line);
    setting s;
    if (!words.next(s) || s.key.starts_with('#')) return std::nullopt;
    if (s.key != "allow" || !s.value.empty()) return text_error{s.column, "a rule starts with \"allow\""};
    rule r;
    std::vector<std::string_view> seen;
    while (words.next(s)) {
        const bool repeats = s.key == "user" || s.key == "group" || s.key == "interface";
        if (!repeats && std::find(seen.begin(), seen.end(), s.key) != seen.end())
            return text_error{s.column, "this key came before"};
        if (error wrong = read_setting(s, r)) return wrong;
        seen.push_back(s.key);
    }
    if (r.users.empty() && r.groups.empty()) return text_error{1, "a rule names whom it allows: user= or group="};
    if (r.interfaces.empty()) return text_error{1, "a rule names what it allows: interface="};
    rules.push_back(std::move(r));
    return std::nullopt;
}

bool is_number(const std::string& name, std::uint64_t id) { return name == std::to_string(id); }

bool is_user(const std::string& name, const client& who) {
    if (is_number(name, who.user)) return true;
    const passwd* const entry = ::getpwnam(name.c_str());
    return entry != nullptr && entry->pw_uid == who.user;
}

bool has_group(const std::string& name, const client& who) {
    const group* const entry = ::getgrnam(name.c_str());
    return std::any_of(who.groups.begin(), who.groups.end(), [&](gid_t g) {
        return is_number(name, g) || (entry != nullptr && entry->gr_gid == g);
    });
}

bool permits(const rule& r, const client& who, const capture_request& asked) {
    const auto allowed = [&](const std::string& name) {
        return std::any_of(r.interfaces.begin(), r.interfaces.end(),
                           [&](const std::string& glob) { return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0; });
    };
    return std::all_of(asked.interfaces.begin(), asked.interfaces.end(), allowed) &&
           (std::any_of(r.users.begin(), r.users.end(), [&](const std::string& n) { return is_user(n, who); }) ||
            std::any_of(r.groups.begin(), r.groups.end(), [&](const std::string& n) { return has_group(n, who); }));
}

} // namespace

std::optional<policy_error> parse_policy(std::string_view text, std::vector<rule>& out) {
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        const auto control = std::find_if(line.begin(), line.end(), [](char c) { return c < ' ' && c != '\t'; });
        const bool comment = line.starts_with('#');  // which may be in any language
        if (control != line.end() && !comment)
            return policy_error{number, {static_cast<std::size_t>(control - line.begin()) + 1, "this is not plain text"}};
        const std::size_t rules = out.size();
        if (error wrong = read_rule(line, out)) return policy_error{number, std::move(*wrong)};
        if (out.size() > rules) out.back().line = number;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::nullopt;
}

bool apply_policy(const std::vector<rule>& rules, const client& who, capture_request& r) {
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const rule& candidate) { return permits(candidate, who, r); });
    if (found == rules.end()) return false;
    r.snaplen = std::min(r.snaplen, found->snaplen);
    r.promiscuous = r.promiscuous && found->promiscuous;
    r.mandatory_filter = found->filter;
    return true;
}

std::vector<rule> read_policy(const char* path) {
    const std::string name = path;
    const int fd = ::open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) fail_errno(reason::failed, name + " permits nobody to capture: cannot open it");
    struct stat s {};
    if (::fstat(fd, &s) != 0 || !S_ISREG(s.st_mode) || s.st_uid != 0 || (s.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        fail(reason::failed, name + " is not trusted; it must be a file that belongs to root and that only root may write");
    std::string text;
    std::array<char, 4096> piece{};
    ssize_t n = 0;
    while ((n = ::read(fd, piece.data(), piece.size())) > 0 && text.size() <= limits::max_policy_bytes)
        text.append(piece.data(), static_cast<std::size_t>(n));
    ::close(fd);
    if (n < 0) fail_errno(reason::failed, "cannot read " + name);
    if (text.size() > limits::max_policy_bytes) fail(reason::failed, name + " is longer than 65536 bytes");
    std::vector<rule> rules;
    if (const auto wrong = parse_policy(text, rules))
        fail(reason::failed, name + ':' + std::to_string(wrong->line) + ':' + std::to_string(wrong->what.column) + ": " +
                                 wrong->what.what + "; nobody may capture until that is mended");
    return rules;
}

} // namespace weir::capture_helper
