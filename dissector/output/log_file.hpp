// A file that lines are appended to and that a log rotation may take away: opened anew relative to its
// folder, which is opened once, before the walls. Must never follow a symbolic link in its last name, nor
// empty what is there.
#pragma once

#include <fcntl.h>
#include <memory>
#include <optional>
#include <string>

namespace weir::output {

class log_file {
public:
    /// How open() opens: the sandbox permits this and nothing else in that folder. Without O_NONBLOCK a FIFO
    /// of that name would hold us until somebody reads it.
    static constexpr int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    static constexpr unsigned mode = 0640;

    /// Names the file; its folder is opened, or shared with a file that is located already: then it must be
    /// the same one. Answers an error, if any.
    [[nodiscard]] std::optional<std::string> locate(const std::string& path,
                                                    const log_file* beside = nullptr);

    /// The file, made where there is none; the caller's. Below 0 with errno where that fails or it is no
    /// regular file.
    [[nodiscard]] int open() const noexcept;

    /// True where it ends within a line: whoever wrote it last had no room for the rest. Before the walls.
    [[nodiscard]] bool is_torn() const noexcept;

    [[nodiscard]] int folder() const noexcept { return folder_ ? folder_->fd : -1; }

private:
    struct opened_folder {
        int fd;
        explicit opened_folder(int opened) noexcept
            : fd(opened) {}
        opened_folder(const opened_folder&) = delete;
        opened_folder& operator=(const opened_folder&) = delete;
        ~opened_folder();
    };

    std::shared_ptr<const opened_folder> folder_;
    std::string name_;
};

} // namespace weir::output
