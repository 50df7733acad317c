// What the user asked for. Parsing prints nothing but --help and --version.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/enquiry.hpp"
#include "common/exit_status.hpp"
#include "event/registry.hpp"

namespace weir::cli {

enum class style : std::uint8_t { json, text };

struct options {
    enquiry asked = enquiry::none;
    std::vector<std::string> interfaces; ///< live capture; "any" where nothing else is asked
    std::string file;                    ///< -r; "-" is standard input; empty: live
    std::string filter;
    std::vector<std::string> helper_options;
    std::string helper;
    std::string connect;                       ///< socket of a capture service; empty: the helper is started
    std::vector<std::string> service_settings; ///< KEY=VALUE for it
    bool reconnect = false;                    ///< to it, when it ends
    std::string output;                        ///< -o; empty: standard output
    bool append = false;                       ///< to it; SIGHUP opens it anew
    std::optional<style> as;
    std::optional<event::mask> events;
    std::optional<std::uint64_t> bodies; ///< decoded bytes kept of each body
    bool allow_root = false;
    bool raw_headers = false;
    bool follow = false;
    std::optional<double> stats_interval; ///< seconds of capture time
};

/// What to do after parsing: run, or end with this status.
struct parsed {
    options asked;
    std::optional<common::exit_status> end;
};

/// Bad usage is one line on standard error and exit_status::usage.
[[nodiscard]] parsed parse(int argc, const char* const* argv);

/// One line, "weir: what is wrong", on standard error.
void complain(const std::string& what);

} // namespace weir::cli
