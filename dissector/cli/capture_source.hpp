// Where the capture stream comes from: a file, standard input, the helper, or a capture service. Opens it and
// says what it is called; the loop reads it.
#pragma once

#include <memory>
#include <string>

#include "cli/options.hpp"
#include "input/connector.hpp"
#include "input/helper.hpp"

namespace weir::cli {

struct capture_source {
    int fd = -1;           ///< -1 while there is no stream
    bool own = false;      ///< else the helper's, or standard input
    bool can_wait = false; ///< a pipe, socket or terminal; not a regular file
    bool live = false;
    std::string name; ///< for capture.start and for error lines
    std::unique_ptr<input::helper> helper;
    std::unique_ptr<input::connector> connector; ///< of --connect

    capture_source() = default;
    capture_source(const capture_source&) = delete;
    capture_source& operator=(const capture_source&) = delete;
    ~capture_source();

    /// Where there is a live stream, asks for its end; final statistics still follow. False where there is
    /// none.
    bool ask_to_end() noexcept;
    void close_stream() noexcept;
    /// Another stream in place of one that was closed.
    void take_stream(int stream) noexcept;
};

/// Opens what was asked for; otherwise one line on standard error, and the status to end with.
[[nodiscard]] std::optional<common::exit_status> open_capture(const options& o, capture_source& out);

} // namespace weir::cli
