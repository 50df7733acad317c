// A running capture service (weir-capture --serve or --listen) as a source: one request, one answer, then the
// stream (docs/capture-protocol.md). Must never wait for the answer without a bound.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/exit_status.hpp"

namespace weir::input {

struct service_request {
    std::vector<std::string> interfaces;
    std::vector<std::string> settings; ///< KEY=VALUE, as the protocol names them
    std::string filter;
};

struct service_refusal {
    common::exit_status status = common::exit_status::failed;
    std::string message;
    bool may_pass = true; ///< trying again later may help
};

/// The request line, its newline included.
[[nodiscard]] std::string request_line(const service_request& r);

/// What an answer line says, without its newline: nothing where the capture was granted.
[[nodiscard]] std::optional<service_refusal> refusal_in(const std::string& answer);

class service {
public:
    service() = default;
    service(const service&) = delete;
    service& operator=(const service&) = delete;
    ~service();

    /// Connects to the socket at `path` and asks. Granted: the socket stands at the first byte of the stream.
    [[nodiscard]] std::optional<service_refusal> ask(const std::string& path, const service_request& r);

    [[nodiscard]] int stream_fd() const noexcept { return fd_; }

private:
    int fd_ = -1;
};

} // namespace weir::input
