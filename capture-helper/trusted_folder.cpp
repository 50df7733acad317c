#include "capture-helper/trusted_folder.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::capture_helper {

int open_folder_of(const std::string& path, uid_t owner, std::string& wrong) {
    std::error_code unresolved; // links are resolved first, and no component may be one when it is opened
    const auto folder = std::filesystem::canonical(std::filesystem::path(path).parent_path(), unresolved);
    int fd = unresolved ? -1 : ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    std::filesystem::path so_far = "/";
    for (const auto& component : folder.relative_path()) {
        const int above = fd;
        fd = ::openat(above, component.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        ::close(above);
        so_far /= component;
        struct stat s {};
        if (fd < 0 || ::fstat(fd, &s) != 0) break;
        const bool sticky_on_the_way = (s.st_mode & S_ISVTX) != 0 && so_far != folder;
        if ((s.st_uid == 0 || s.st_uid == owner) &&
            ((s.st_mode & (S_IWGRP | S_IWOTH)) == 0 || sticky_on_the_way))
            continue;
        ::close(fd);
        wrong = "others may write the folder " + so_far.string();
        return -1;
    }
    if (fd < 0)
        wrong = "cannot open the folder of " + path + ": " +
                (unresolved ? unresolved.message() : std::string(std::strerror(errno)));
    return fd;
}

} // namespace weir::capture_helper
