#include "capture-helper/policy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <net/if.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture-helper/accounts.hpp"
#include "capture-helper/trusted_folder.hpp"

namespace weir::capture_helper {

using namespace common;

/// The text of a file that nobody but root can have written.
static std::optional<std::string> read_trusted(const std::string& path, std::string& text) {
    std::string wrong;
    const int folder = open_folder_of(path, 0, wrong);
    if (folder < 0) return wrong;
    const std::string name = path.substr(path.rfind('/') + 1);
    const int fd = ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ::close(folder);
    if (fd < 0) return "cannot open " + path + ": " + std::strerror(errno);
    struct stat s {};
    const bool trusted =
        ::fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_uid == 0 && (s.st_mode & (S_IWGRP | S_IWOTH)) == 0;
    text.resize(policy_limits::max_file + 1);
    const ssize_t size = trusted ? ::read(fd, text.data(), text.size()) : 0;
    ::close(fd);
    if (!trusted)
        return path + " is not trusted; it must be a file that belongs to root and that only root may write";
    if (size < 0 || size == static_cast<ssize_t>(text.size()))
        return "cannot read " + path + ", or it is above 65536 bytes";
    text.resize(static_cast<std::size_t>(size));
    return std::nullopt;
}

std::optional<std::string> read_policy(const std::string& path, capture_policy& out) {
    std::string text;
    if (auto wrong = read_trusted(path, text)) return wrong;
    capture_policy found;
    if (const auto at = parse_policy(text, found))
        return path + ':' + std::to_string(at->line) + ':' + std::to_string(at->what.column) + ": " +
               at->what.what;
    out = std::move(found);
    return std::nullopt;
}

std::optional<refusal> decide(const capture_policy& policy, const client& who, capture_request& r) {
    for (std::string& name : r.interfaces) { // rules are about interfaces, not about their other names
        std::array<char, IF_NAMESIZE> known{};
        if (::if_indextoname(::if_nametoindex(name.c_str()), known.data()) != nullptr) name = known.data();
    }
    std::vector<std::string> names = r.interfaces;
    std::sort(names.begin(), names.end());
    if (std::adjacent_find(names.begin(), names.end()) != names.end())
        return refusal{reason::bad_request, "an interface is named twice"};
    if (auto why = apply_policy(policy, names_of(who.user, who.groups), r))
        return refusal{reason::not_permitted, std::move(*why)};
    return std::nullopt;
}

} // namespace weir::capture_helper
