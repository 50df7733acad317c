#include "output/saved_files.hpp"

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::output {

namespace {

constexpr mode_t private_folder = 0700;

/// Takes the descriptor.
bool is_empty(int folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(folder), &::closedir);
    while (const dirent* const entry = listing ? ::readdir(listing.get()) : nullptr)
        if (std::string_view(entry->d_name) != "." && std::string_view(entry->d_name) != "..") return false;
    return listing != nullptr;
}

} // namespace

saved_files::~saved_files() {
    if (folder_ >= 0) ::close(folder_);
}

std::optional<std::string> saved_files::open(const std::string& parent, const std::string& name) {
    constexpr int folder = O_DIRECTORY | O_CLOEXEC;
    path_ = parent + '/' + name;
    if (::mkdir(parent.c_str(), private_folder) != 0 && errno != EEXIST) return std::strerror(errno);
    const int above = ::open(parent.c_str(), O_PATH | folder);
    if (above < 0) return std::strerror(errno);
    const bool made = ::mkdirat(above, name.c_str(), private_folder) == 0;
    if (made || errno == EEXIST) folder_ = ::openat(above, name.c_str(), O_PATH | O_NOFOLLOW | folder);
    const int why = errno;
    ::close(above);
    if (folder_ < 0) return std::strerror(why);
    const int listed = ::openat(folder_, ".", O_RDONLY | folder);
    if (listed < 0) return std::strerror(errno);
    if (!is_empty(listed)) return "it is not empty";
    if (::faccessat(folder_, ".", W_OK | X_OK, AT_EACCESS) != 0) return std::strerror(errno);
    return std::nullopt;
}

int saved_files::make(const std::string& name) const noexcept {
    return ::openat(folder_, name.c_str(), flags, mode);
}

} // namespace weir::output
