// Tries each right that the helper's Landlock takes away, as root and behind nothing else, and prints the
// numbers of those that it still has. Linked with mutation.cpp. Works in a mount namespace and a folder of
// its own; must leave nothing behind.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture-helper/sandbox.hpp"

namespace {

struct right {
    int number;     ///< files 0 to 15, network 16 and 17, scopes 18 and 19, as the kernel has them
    int abi;        ///< the first that has it
    bool (*have)(); ///< behind the wall, in a child
};

bool works(int result) { return result >= 0; }

bool make(mode_t kind) { return works(::mknod("made", kind | 0600, ::makedev(1, 3))); }

bool asks_tcp(bool binds) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = binds ? 0 : htons(9);
    const auto* const address = reinterpret_cast<const sockaddr*>(&to);
    const int result = binds ? ::bind(fd, address, sizeof to) : ::connect(fd, address, sizeof to);
    return result == 0 || errno != EACCES; // that nobody listens is no wall
}

sockaddr_un abstract_name() {
    sockaddr_un name{AF_UNIX, {}};
    std::snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "weir-landlock-%d", ::getpgrp());
    return name;
}

bool reaches_abstract_socket() {
    const sockaddr_un to = abstract_name();
    return ::connect(::socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&to), sizeof to) ==
           0;
}

// EXECUTE (0), REFER (13) and IOCTL_DEV (15) are left out: a program must be read too, the second is never
// allowed where it is not given, and the third needs a file that was opened behind the wall.
const right rights[] = {
    {1, 1, [] { return works(::open("file", O_WRONLY)); }},
    {2, 1, [] { return works(::open("file", O_RDONLY)); }},
    {3, 1, [] { return works(::open(".", O_RDONLY | O_DIRECTORY)); }},
    {4, 1, [] { return works(::rmdir("folder")); }},
    {5, 1, [] { return works(::unlink("file")); }},
    {6, 1, [] { return make(S_IFCHR); }},
    {7, 1, [] { return works(::mkdir("made", 0700)); }},
    {8, 1, [] { return make(S_IFREG); }},
    {9, 1, [] { return make(S_IFSOCK); }},
    {10, 1, [] { return make(S_IFIFO); }},
    {11, 1, [] { return make(S_IFBLK); }},
    {12, 1, [] { return works(::symlink("file", "made")); }},
    {14, 3, [] { return works(::truncate("file", 0)); }},
    {16, 4, [] { return asks_tcp(true); }},
    {17, 4, [] { return asks_tcp(false); }},
    {18, 6, reaches_abstract_socket},
    {19, 6, [] { return works(::kill(::getppid(), 0)); }},
};

/// Whether it is had, in a folder that is as it was for each.
bool is_had(const right& r, bool behind_wall) {
    if (::mount("none", "/tmp", "tmpfs", 0, nullptr) != 0 || ::chdir("/tmp") != 0 ||
        ::mkdir("folder", 0700) != 0 || ::mknod("file", S_IFREG | 0600, 0) != 0)
        ::_exit(77);
    const pid_t child = ::fork();
    if (child == 0) {
        if (behind_wall) (void)weir::capture_helper::forbid_files();
        ::_exit(r.have() ? 100 : 101);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (::chdir("/") != 0 || ::umount2("/tmp", MNT_DETACH) != 0 || !WIFEXITED(status)) ::_exit(1);
    if (WEXITSTATUS(status) < 100) ::_exit(WEXITSTATUS(status)); // the wall itself failed, with a line
    return WEXITSTATUS(status) == 100;
}

} // namespace

int main() {
    const long abi = weir::capture_helper::landlock_abi();
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un name = abstract_name();
    if (abi < 1 || ::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::bind(listener, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        ::listen(listener, 99) != 0)
        return 77;
    std::string had;
    for (const right& r : rights) {
        if (r.abi > abi) continue;
        if (!is_had(r, false)) return std::printf("%d cannot be tried\n", r.number), 1;
        if (is_had(r, true)) had += ' ' + std::to_string(r.number);
    }
    std::printf("abi %ld still has:%s\n", abi, had.c_str());
    return 0;
}
