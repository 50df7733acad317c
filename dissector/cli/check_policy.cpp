#include "cli/check_policy.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fnmatch.h>
#include <fstream>
#include <grp.h>
#include <iterator>
#include <pwd.h>
#include <sys/stat.h>

#include "cli/options.hpp"
#include "common/capture_policy.hpp"
#include "input/interfaces.hpp"

namespace weir::cli {

namespace {

using common::capture_rule;
using common::exit_status;
using strings = std::vector<std::string>;

void print(const std::string& line) { std::fwrite((line + '\n').data(), 1, line.size() + 1, stdout); }

void warn(const std::string& what) { complain("warning: " + what); }

bool is_number(const std::string& name) { return name.find_first_not_of("0123456789") == std::string::npos; }

/// Name and number of each line of /etc/passwd or /etc/group: the helper looks nowhere else.
std::vector<std::pair<std::string, std::string>> accounts_in(const char* path) {
    std::vector<std::pair<std::string, std::string>> found;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t name = line.find(':'), password = line.find(':', name + 1);
        if (name == std::string::npos || password == std::string::npos) continue;
        found.emplace_back(line.substr(0, name),
                           line.substr(password + 1, line.find(':', password + 1) - password - 1));
    }
    return found;
}

void warn_of_unknown(const capture_rule& r, const char* kind, const strings& names, const char* path) {
    const auto known = accounts_in(path);
    for (const std::string& name : names)
        if (std::none_of(known.begin(), known.end(),
                         [&](const auto& a) { return is_number(name) ? a.second == name : a.first == name; }))
            warn("line " + std::to_string(r.line) + ": " + path + " has no " + kind + ' ' + name);
}

std::string joined(const strings& words, const char* between) {
    std::string out;
    for (const std::string& w : words) out += (out.empty() ? "" : between) + w;
    return out;
}

strings interfaces_here() {
    strings names;
    for (const input::interface& i : input::list_interfaces()) names.push_back(i.name);
    return names;
}

std::string grant(const capture_rule& r) {
    return "up to " + std::to_string(r.snaplen) + " bytes of a packet, " + (r.promiscuous ? "" : "not ") +
           "promiscuous, " + (r.filter.empty() ? "all traffic" : "only: " + r.filter);
}

void explain(const capture_rule& r, const strings& here) {
    warn_of_unknown(r, "user", r.users, "/etc/passwd");
    warn_of_unknown(r, "group", r.groups, "/etc/group");
    strings who, matched;
    for (const std::string& u : r.users) who.push_back("user " + u);
    for (const std::string& g : r.groups) who.push_back("group " + g);
    for (const std::string& glob : r.interfaces) {
        const std::size_t before = matched.size();
        std::copy_if(here.begin(), here.end(), std::back_inserter(matched),
                     [&](const std::string& name) { return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0; });
        if (matched.size() == before)
            warn("line " + std::to_string(r.line) + ": no interface of this machine is called " + glob);
    }
    print("line " + std::to_string(r.line) + ": " + joined(who, ", ") + " on " + joined(r.interfaces, ", ") +
          " (here: " + (matched.empty() ? "none" : joined(matched, ", ")) + "): " + grant(r));
}

/// What the helper would not trust: it then permits nothing.
void warn_of_distrust(const std::string& file) {
    if (std::filesystem::is_symlink(file)) warn(file + " is a symbolic link: the helper permits nothing");
    const std::filesystem::path whole = std::filesystem::canonical(file);
    for (auto p = whole; p != p.root_path(); p = p.parent_path()) {
        struct stat s {};
        const bool others = ::stat(p.c_str(), &s) != 0 || (s.st_mode & (S_IWGRP | S_IWOTH)) != 0;
        const bool sticky_on_the_way = (s.st_mode & S_ISVTX) != 0 && p != whole && p != whole.parent_path();
        if (s.st_uid != 0 || (others && !sticky_on_the_way))
            warn("others than root may write " + p.string() + ": the helper permits nothing");
    }
}

/// By what rules call this user; nothing where there is none.
std::optional<common::client_names> names_of(const std::string& user) {
    const passwd* const entry = ::getpwnam(user.c_str());
    if (entry == nullptr) return std::nullopt;
    std::vector<gid_t> groups(65'536); // the most that a process can have
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(user.c_str(), entry->pw_gid, groups.data(), &count) < 0) return std::nullopt;
    groups.resize(static_cast<std::size_t>(count));
    common::client_names names{{std::to_string(entry->pw_uid)}, {}};
    for (const gid_t g : groups) names.groups.push_back(std::to_string(g));
    const strings numbers = names.groups;
    for (const auto& [name, number] : accounts_in("/etc/passwd"))
        if (number == names.user.front() && !is_number(name)) names.user.push_back(name);
    for (const auto& [name, number] : accounts_in("/etc/group"))
        if (std::find(numbers.begin(), numbers.end(), number) != numbers.end() && !is_number(name))
            names.groups.push_back(name);
    return names;
}

} // namespace

exit_status check_policy(const std::string& file, const std::string& user) {
    const std::string path = file.empty() ? WEIR_CAPTURE_CONF : file;
    std::ifstream stream(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    common::capture_policy policy;
    std::string wrong;
    if (!stream.is_open() || stream.bad()) wrong = path + ": cannot be read";
    if (text.size() > common::policy_limits::max_file) wrong = path + " is above 65536 bytes";
    if (const auto at = common::parse_policy(text, policy); wrong.empty() && at)
        wrong = path + ':' + std::to_string(at->line) + ':' + std::to_string(at->what.column) + ": " +
                at->what.what;
    const auto who = user.empty() ? std::optional(common::client_names{}) : names_of(user);
    if (wrong.empty() && !who) wrong = "there is no user " + user;
    if (!wrong.empty()) {
        complain(wrong);
        return exit_status::failed;
    }
    warn_of_distrust(path);
    const strings here = interfaces_here();
    if (!user.empty()) {
        for (const std::string& name : here) {
            const capture_rule* const rule = common::first_rule(policy, *who, name);
            print(name + ": " +
                  (rule == nullptr ? "nothing" : "line " + std::to_string(rule->line) + ": " + grant(*rule)));
        }
        return exit_status::done;
    }
    const common::capture_bounds& b = policy.bounds;
    print("limits: " + std::to_string(b.captures) + " captures of a user at once, " +
          std::to_string(b.connections) + " connections (" + std::to_string(b.connections_of_user()) +
          " of a user), " + std::to_string(b.buffer_kib) + " KiB of buffer and " +
          std::to_string(b.interfaces) + " interfaces a request");
    for (const capture_rule& r : policy.rules) explain(r, here);
    if (policy.rules.empty()) print("no rule: nobody may capture");
    return exit_status::done;
}

} // namespace weir::cli
