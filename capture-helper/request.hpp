// What one capture is asked to do, and how it is read from the command line or from a client's line. Must never touch the
// system: a request is only words until policy and privilege have been settled.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture-helper/limits.hpp"

namespace weir::capture_helper {

enum class direction { both, in, out };
enum class stream_format { pcapng, pcap };

struct capture_request {
    std::vector<std::string> interfaces;
    int snaplen = limits::max_snaplen;
    int buffer_kib = limits::default_buffer;
    int timeout_ms = limits::default_timeout;
    bool immediate = false;
    bool promiscuous = true;
    bool monitor = false;
    direction way = direction::both;
    stream_format format = stream_format::pcapng;
    std::string mandatory_filter;  ///< of the policy: joined to the client's with AND
    std::string filter;
};

enum class action { capture, serve, listen, verify, list_interfaces, version, help };

struct invocation {
    action what = action::capture;
    std::string socket;  ///< of --listen
    capture_request capture;

    [[nodiscard]] bool for_client() const noexcept { return what == action::serve || what == action::listen; }
};

/// What is wrong with a text, and where: `column` counts bytes from 1.
struct text_error {
    std::size_t column = 1;
    std::string what;
};

/// Reads a command line. Answers what is wrong with it, if anything is.
[[nodiscard]] std::optional<std::string> parse_arguments(int argc, char** argv, invocation& out);

/// Reads a client's line, without its newline; the grammar is docs/capture-protocol.md.
[[nodiscard]] std::optional<text_error> parse_request_line(std::string_view line, capture_request& out);

/// Both filters as one expression.
[[nodiscard]] std::string joined_filter(const capture_request& r);

/// The settings of a request in the grammar of docs/capture-protocol.md, `interface=lo ... filter=...`.
[[nodiscard]] std::string describe(const capture_request& r);

/// A whole decimal number within [low, high]; false for anything else.
[[nodiscard]] bool parse_number(std::string_view text, int low, int high, int& out) noexcept;
[[nodiscard]] bool parse_yes_no(std::string_view text, bool& out) noexcept;
[[nodiscard]] bool parse_direction(std::string_view text, direction& out) noexcept;

/// A name that can be a network interface: 1 to 15 bytes, no '/', no white space, not "." or "..".
[[nodiscard]] bool is_interface_name(std::string_view name) noexcept;

} // namespace weir::capture_helper
