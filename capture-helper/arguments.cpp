// The command line of weir-capture(8), as request.hpp declares it.
#include <array>
#include <getopt.h>

#include "capture-helper/request.hpp"

namespace weir::capture_helper {
namespace {

enum long_only : int { timeout = 256, immediate, no_promiscuous, monitor, way, format, serve, listening, verify, list, version, help };

constexpr option long_options[] = {
    {"interface", required_argument, nullptr, 'i'},
    {"snaplen", required_argument, nullptr, 's'},
    {"buffer", required_argument, nullptr, 'B'},
    {"timeout", required_argument, nullptr, timeout},
    {"immediate", no_argument, nullptr, immediate},
    {"no-promiscuous", no_argument, nullptr, no_promiscuous},
    {"monitor", no_argument, nullptr, monitor},
    {"direction", required_argument, nullptr, way},
    {"format", required_argument, nullptr, format},
    {"serve", no_argument, nullptr, serve},
    {"listen", required_argument, nullptr, listening},
    {"verify", no_argument, nullptr, verify},
    {"list-interfaces", no_argument, nullptr, list},
    {"version", no_argument, nullptr, version},
    {"help", no_argument, nullptr, help},
    {nullptr, 0, nullptr, 0},
};

using error = std::optional<std::string>;

error read_number(const char* option, int low, int high, int& out) {
    if (parse_number(optarg, low, high, out)) return std::nullopt;
    return std::string(option) + " takes a number from " + std::to_string(low) + " to " + std::to_string(high);
}

error add_interface(capture_request& r) {
    if (!is_interface_name(optarg)) return "-i takes the name of an interface; --list-interfaces prints them";
    if (r.interfaces.size() == limits::max_interfaces) return "at most " + std::to_string(limits::max_interfaces) + " interfaces";
    r.interfaces.emplace_back(optarg);
    return std::nullopt;
}

error read_format(stream_format& out) {
    const std::string_view text = optarg;
    out = text == "pcap" ? stream_format::pcap : stream_format::pcapng;
    return text == "pcap" || text == "pcapng" ? error() : "--format takes pcapng or pcap";
}

error read_direction(direction& out) { return parse_direction(optarg, out) ? error() : "--direction takes in, out or inout"; }

error read_option(int option, invocation& in, bool& timeout_given) {
    capture_request& r = in.capture;
    switch (option) {
    case 'i': return add_interface(r);
    case 's': return read_number("-s", 1, limits::max_snaplen, r.snaplen);
    case 'B': return read_number("-B", limits::min_buffer, limits::max_buffer, r.buffer_kib);
    case timeout: timeout_given = true; return read_number("--timeout", 1, limits::max_timeout, r.timeout_ms);
    case immediate: r.immediate = true; break;
    case no_promiscuous: r.promiscuous = false; break;
    case monitor: r.monitor = true; break;
    case way: return read_direction(r.way);
    case format: return read_format(r.format);
    case serve: in.what = action::serve; break;
    case listening: in.what = action::listen; in.socket = optarg; break;
    case verify: in.what = action::verify; break;
    case list: in.what = action::list_interfaces; break;
    case version: in.what = action::version; break;
    case help: in.what = action::help; break;
    case ':': return "an option lacks its value";
    default: return "unknown option";
    }
    return std::nullopt;
}

error join_filter(int argc, char** argv, std::string& filter) {
    for (int i = optind; i < argc; ++i) {
        filter.append(filter.empty() ? "" : " ").append(argv[i]);
        if (filter.size() > limits::max_filter) return "the filter is longer than " + std::to_string(limits::max_filter) + " bytes";
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> parse_arguments(int argc, char** argv, invocation& out) {
    if (argc < 1 || argv[0][0] == '\0') return "started without a name; the first argument is the program's own";
    opterr = 0;
    optind = 0;
    bool timeout_given = false;
    int options = 0;
    for (int c; (c = ::getopt_long(argc, argv, ":i:s:B:", long_options, nullptr)) != -1; ++options)
        if (auto wrong = read_option(c, out, timeout_given)) return wrong;
    if (auto wrong = join_filter(argc, argv, out.capture.filter)) return wrong;
    capture_request& r = out.capture;
    if (out.for_client() && (options > 1 || !r.filter.empty())) return "--serve and --listen go alone; the client says the rest";
    if (timeout_given && r.immediate) return "--timeout and --immediate exclude each other";
    if (r.format == stream_format::pcap && r.interfaces.size() > 1) return "--format pcap has room for one interface only";
    if (r.interfaces.empty()) r.interfaces.emplace_back(out.what == action::verify ? "lo" : "any");
    return std::nullopt;
}

} // namespace weir::capture_helper
