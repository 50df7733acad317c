#include "output/log_file.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace weir::output {

std::optional<std::string> log_file::locate(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    name_ = slash == std::string::npos ? path : path.substr(slash + 1);
    folder_ = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0) return std::strerror(errno);
    if (name_.empty()) return "it names a folder";
    return std::nullopt;
}

int log_file::open() const noexcept {
    constexpr mode_t owner_and_group = 0640;
    return ::openat(folder_, name_.c_str(), flags, owner_and_group);
}

log_file::~log_file() {
    if (folder_ >= 0) ::close(folder_);
}

} // namespace weir::output
