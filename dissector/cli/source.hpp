// Where the capture stream comes from: a file, standard input, the helper, or a capture service. Opens it and
// says what it is called; the loop reads it.
#pragma once

#include <memory>
#include <string>

#include "cli/options.hpp"
#include "input/helper.hpp"
#include "input/service.hpp"

namespace weir::cli {

struct source {
    int fd = -1;
    bool own = false;
    bool can_wait = false; ///< a pipe, socket or terminal; not a regular file
    bool live = false;
    std::string name; ///< for capture.start and for error lines
    std::unique_ptr<input::helper> helper;
    std::unique_ptr<input::service> service;

    source() = default;
    source(const source&) = delete;
    source& operator=(const source&) = delete;
    ~source();
};

/// Opens what was asked for; otherwise one line on standard error, and the status to end with.
[[nodiscard]] std::optional<common::exit_status> open_source(const options& o, source& out);

} // namespace weir::cli
