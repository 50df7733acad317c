// What a service manager wants to hear of a service, by the plain protocol of sd_notify(3): that it is ready,
// what it does, that it is alive, that it stops. Silent where nobody asked. Must never wait for the manager.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace weir::cli {

class service_manager {
public:
    /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment; before the walls.
    service_manager();
    service_manager(const service_manager&) = delete;
    service_manager& operator=(const service_manager&) = delete;
    ~service_manager();

    void ready(const std::string& status) noexcept { tell("READY=1\nSTATUS=" + status); }
    void status(const std::string& text) noexcept { tell("STATUS=" + text); }
    void stopping() noexcept { tell("STOPPING=1"); }
    void alive() noexcept { tell("WATCHDOG=1"); }

    /// How often alive() must be said: half of what the manager waits. Nothing where it does not watch.
    [[nodiscard]] std::optional<std::chrono::microseconds> interval() const noexcept { return interval_; }

private:
    void tell(const std::string& state) noexcept;

    int fd_ = -1;
    std::optional<std::chrono::microseconds> interval_;
};

} // namespace weir::cli
