// The way to a capture service, and back to it after it ended: a process of its own, started before weir
// walls itself in, that connects to one socket and hands over the stream. Must never read what the stream
// holds.
#pragma once

#include <functional>

#include "input/service.hpp"

namespace weir::input {

/// A stream that was granted, or why there is none.
struct connection_answer {
    int stream = -1; ///< now the caller's
    std::optional<service_refusal> refusal;
};

class connector {
public:
    connector() = default;
    connector(const connector&) = delete;
    connector& operator=(const connector&) = delete;
    /// Ends and reaps it.
    ~connector();

    /// Starts the process. `wall_in` runs inside it, before it serves; an error of it is the only
    /// answer. Answers an error, if any.
    [[nodiscard]] std::optional<std::string>
    start(const std::string& path, const service_request& r,
          const std::function<std::optional<service_refusal>()>& wall_in);

    [[nodiscard]] int pid() const noexcept { return pid_; }
    /// Readable when it has an answer.
    [[nodiscard]] int fd() const noexcept { return channel_; }

    /// Asks it to connect.
    void ask() noexcept;
    /// Its answer; waits where fd() is not readable, at most as long as it waits for the service.
    [[nodiscard]] connection_answer take();
    /// Ends and reaps the process; fd() stays open.
    void end() noexcept;
    /// True where no answer will come any more.
    [[nodiscard]] bool gone() const noexcept { return gone_; }

private:
    int pid_ = -1;
    int channel_ = -1;
    bool gone_ = false;
};

} // namespace weir::input
