// A folder of --save, in which files are only made: the sandbox lets nothing else happen there. It is made
// and opened before the walls, and must be empty then. Must never follow a symbolic link, open a file that
// exists, nor hold more files or bytes than its budget has.
#pragma once

#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>

namespace weir::output {

/// What all folders of --save may still hold together.
struct save_budget {
    std::uint64_t files = 10'000;
    std::uint64_t bytes = std::uint64_t{1} << 30;
};

class saved_files {
public:
    /// How make() opens: the sandbox permits this and nothing else in that folder.
    static constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    static constexpr unsigned mode = 0600;

    saved_files() = default;
    saved_files(const saved_files&) = delete;
    saved_files& operator=(const saved_files&) = delete;
    ~saved_files();

    /// Makes `parent` where there is none, and `name` in it, both their owner's alone. Answers an error, if
    /// any.
    [[nodiscard]] std::optional<std::string> open(const std::string& parent, const std::string& name);

    /// A new file, the caller's; below 0 with errno where there is one of that name already.
    [[nodiscard]] int make(const std::string& name) const noexcept;

    [[nodiscard]] int folder() const noexcept { return folder_; }
    /// For a sentence.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    int folder_ = -1;
    std::string path_;
};

} // namespace weir::output
