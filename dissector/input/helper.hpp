// weir-capture as a child process: started with nothing but the three standard descriptors, its stream a
// socketpair, its words a pipe. Must leave neither a zombie nor an orphan.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/exit_status.hpp"

namespace weir::input {

struct helper_request {
    std::vector<std::string> interfaces;
    std::string filter;
    std::vector<std::string> options; ///< passed on as they are: -s, -B, --immediate, ...
};

/// What became of the helper once its stream has ended.
struct helper_end {
    common::exit_status status = common::exit_status::done;
    std::string message; ///< its own last line, or what killed it; empty where all went well
};

class helper {
public:
    helper() = default;
    helper(const helper&) = delete;
    helper& operator=(const helper&) = delete;
    /// Ends and reaps it, at the latest after a second.
    ~helper();

    /// The path of weir-capture: `named` if not empty, else beside this program or where the build and the
    /// installation put it. Empty where there is none.
    [[nodiscard]] static std::string find(const std::string& named);

    /// Answers an error, if it cannot be started.
    [[nodiscard]] std::optional<std::string> start(const std::string& path, const helper_request& r);

    [[nodiscard]] int pid() const noexcept { return pid_; }
    [[nodiscard]] int stream_fd() const noexcept { return stream_; }
    [[nodiscard]] int words_fd() const noexcept { return words_; }

    struct words {
        std::vector<std::string> warnings; ///< to pass on
        bool over = false;                 ///< it will say no more
    };
    /// Reads what it says on its standard error, without waiting.
    words listen();

    /// SIGTERM, or half a closed stream: it flushes, writes its last statistics and ends.
    void ask_to_end() noexcept;

    /// Its stream has ended: waits for the process, at most a second before it is killed.
    [[nodiscard]] helper_end reap();

private:
    int pid_ = -1;
    int stream_ = -1;
    int words_ = -1;
    std::string heard_;
    std::string last_error_;
};

} // namespace weir::input
