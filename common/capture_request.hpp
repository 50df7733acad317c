// What one capture is asked to do, and the line in which a client asks for it (docs/capture-protocol.md):
// shared by the helper, which reads such lines, and by weir --connect, which writes them. Must never touch
// the system: a request is only words until policy and privilege have been settled.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::common {

enum class capture_direction { both, in, out };
enum class capture_format { pcapng, pcap };

/// What bounds a request, with the reason.
struct request_limits {
    static constexpr int max_snaplen =
        262'144; ///< bytes, also the default: libpcap's maximum, holds any GRO packet
    static constexpr int default_buffer = 16'384; ///< KiB of ring an interface: 1/8 s of a busy 1 Gbit/s link
    static constexpr int min_buffer = 2'048; ///< KiB: a ring block must hold a packet of the largest snaplen
    static constexpr int max_buffer = 262'144; ///< KiB: ring pages cannot be swapped out
    static constexpr int default_timeout =
        15; ///< ms until the kernel hands over a part-filled block: an event is
            ///< through weir within 100 ms, and a wake-up carries many packets
    static constexpr int max_timeout = 10'000;        ///< ms; longer looks like a hang
    static constexpr std::size_t max_interfaces = 32; ///< each has a ring; 512 MiB at the default buffer
    static constexpr std::size_t max_filter = 16'384; ///< bytes of text; the compiler's work grows with it
    static constexpr std::size_t max_line = 4'096;    ///< bytes of a request line, newline included
};

struct capture_request {
    std::vector<std::string> interfaces;
    int snaplen = request_limits::max_snaplen;
    int buffer_kib = request_limits::default_buffer;
    int timeout_ms = request_limits::default_timeout;
    bool immediate = false;
    bool promiscuous = true;
    bool monitor = false;
    capture_direction way = capture_direction::both;
    capture_format format = capture_format::pcapng;
    std::string mandatory_filter; ///< of the policy: joined to the client's with AND
    std::string filter;
};

/// What is wrong with a text, and where: `column` counts bytes from 1.
struct text_error {
    std::size_t column = 1;
    std::string what;
};

/// One setting by its key; besides those of the protocol `timeout` and `format`, which only the command line
/// has. Answers what is wrong, if anything is.
[[nodiscard]] std::optional<std::string> apply_setting(std::string_view key, std::string_view value,
                                                       capture_request& r);

/// Reads a client's line, without its newline.
[[nodiscard]] std::optional<text_error> parse_request_line(std::string_view line, capture_request& out);

/// The settings of a request as the protocol has them: "interface=lo snaplen=262144 ... filter=tcp port 80".
/// Behind "capture " it is a request, behind "ok " an answer.
[[nodiscard]] std::string describe(const capture_request& r);

/// Both filters as one expression.
[[nodiscard]] std::string joined_filter(const capture_request& r);

/// A whole decimal number within [low, high]; false for anything else.
[[nodiscard]] bool parse_number(std::string_view text, int low, int high, int& out) noexcept;
/// A size (common/size.hpp) within [low, high] units; a number alone counts units.
[[nodiscard]] bool parse_size_within(std::string_view text, int unit, int low, int high, int& out) noexcept;
[[nodiscard]] bool parse_yes_no(std::string_view text, bool& out) noexcept;
[[nodiscard]] bool parse_direction(std::string_view text, capture_direction& out) noexcept;

[[nodiscard]] const char* direction_name(capture_direction way) noexcept;

/// A name that can be a network interface: 1 to 15 bytes, no '/', no white space, not "." or "..".
[[nodiscard]] bool is_interface_name(std::string_view name) noexcept;

struct setting {
    std::string_view key;   ///< the whole word where it has no '='
    std::string_view value; ///< empty where there is none
    std::size_t column = 1; ///< of the word in its line, in bytes from 1
};

/// The words of a line, the grammar that requests and capture.conf(5) share: separated by blanks, KEY=VALUE
/// or bare; `filter=` takes the rest of the line.
class settings_line {
public:
    explicit settings_line(std::string_view line) noexcept
        : line_(line) {}

    /// The next word; false at the end of the line.
    [[nodiscard]] bool next(setting& out) noexcept;

private:
    std::string_view line_;
    std::size_t at_ = 0;
};

} // namespace weir::common
