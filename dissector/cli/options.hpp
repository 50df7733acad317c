// What the user asked for. Parsing prints nothing but --help and --version, and touches no file but to see
// whether a word that stands in the place of a filter is a capture.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/complain.hpp"
#include "cli/enquiry.hpp"
#include "common/exit_status.hpp"
#include "event/any_event.hpp"
#include "output/outlet.hpp"
#include "output/saved_files.hpp"

namespace weir::cli {

enum class style : std::uint8_t { json, text };

/// One -o: a file or standard output ("-"), and how it differs from the other options.
struct output_request {
    std::string name = "-";
    std::optional<style> as;
    std::optional<event::mask> events;
    std::optional<output::on_slow> slow;
};

struct options {
    enquiry question = enquiry::none;    ///< to answer instead of running
    std::vector<std::string> interfaces; ///< live capture; "any" where nothing else is asked
    std::string file;                    ///< -r; "-" is standard input; empty: live
    std::string user;                    ///< of --check-policy
    std::string filter;
    std::string helper;                        ///< the weir-capture to start; empty: it is looked for
    std::vector<std::string> helper_options;   ///< for it
    std::string connect;                       ///< socket of a capture service; empty: the helper is started
    std::vector<std::string> service_settings; ///< KEY=VALUE for it
    std::string only_of_helper;                ///< an option that a capture service does not know
    bool reconnect = false;                    ///< to it, when it ends
    std::vector<output_request> outputs;       ///< standard output where none was asked for
    std::string har;                           ///< file for exchanges as HAR; empty: none
    bool append = false;                       ///< to the files; SIGHUP opens them anew
    std::optional<style> as;                   ///< of outputs that do not say
    std::optional<event::mask> events;         ///< of outputs that do not say
    std::optional<std::uint64_t> bodies;       ///< decoded bytes kept of each body
    bool body_hash = false;
    bool raw_headers = false;
    bool no_names = false;
    std::optional<std::uint64_t> max_connections; ///< and conversations, at once
    std::optional<std::uint64_t> max_memory;      ///< bytes for them and what they hold
    bool hex = false;                             ///< tcp.data as hexadecimal, in text
    std::string save;                             ///< folder in which files are made; empty: none
    bool save_streams = false;                    ///< each direction of each connection
    std::optional<std::uint64_t> save_bodies;     ///< bodies of at most so many bytes
    output::save_budget save_budget;              ///< of that folder
    bool quiet = false;                           ///< no warnings and no remarks
    bool allow_root = false;
    bool follow = false;
    std::optional<double> stats_interval; ///< seconds of capture time

    /// Decoded bytes of each body in the file of --har; 0 without one.
    [[nodiscard]] std::uint64_t har_body_limit() const noexcept {
        constexpr std::uint64_t usual = 1024 * 1024;
        return har.empty() ? 0 : bodies.value_or(usual);
    }
};

/// What to do after parsing: run, or end with this status.
struct parsed {
    options wanted;
    std::optional<common::exit_status> end;
};

/// Bad usage is one line on standard error and exit_status::usage.
[[nodiscard]] parsed parse(int argc, const char* const* argv);

/// complain(), of what is no failure: silent with --quiet.
void remark(const options& o, const std::string& what);

} // namespace weir::cli
