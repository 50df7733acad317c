#include "capture-helper/arguments.hpp"

#include <algorithm>
#include <climits>
#include <getopt.h>

namespace weir::capture_helper {

// Those that need a value are settings of the request by the same name.
static constexpr option options[] = {
    {"interface", 1, nullptr, 'i'},       {"snaplen", 1, nullptr, 's'},   {"buffer", 1, nullptr, 'B'},
    {"timeout", 1, nullptr, 't'},         {"immediate", 0, nullptr, 'I'}, {"no-promiscuous", 0, nullptr, 'p'},
    {"monitor", 0, nullptr, 'm'},         {"direction", 1, nullptr, 'd'}, {"format", 1, nullptr, 'f'},
    {"list-interfaces", 0, nullptr, 'D'}, {"verify", 0, nullptr, 'v'},    {"serve", 2, nullptr, 'S'},
    {"version", 0, nullptr, 'V'},         {"help", 0, nullptr, 'h'},      {nullptr, 0, nullptr, 0},
};

static std::optional<std::string> read_option(int letter, invocation& in) {
    switch (letter) {
    case 'I':
        in.capture.immediate = true;
        break;
    case 'p':
        in.capture.promiscuous = false;
        break;
    case 'm':
        in.capture.monitor = true;
        break;
    case 'D':
        in.what = action::list_interfaces;
        break;
    case 'v':
        in.what = action::verify;
        break;
    case 'S':
        in.what = action::serve;
        if (optarg != nullptr && !common::parse_number(optarg, 1, INT_MAX, in.listener))
            return "--serve takes the process that listens";
        break;
    case 'V':
        in.what = action::version;
        break;
    case 'h':
        in.what = action::help;
        break;
    case ':':
        return "an option lacks its value";
    case '?':
        return "unknown option";
    default:
        return apply_setting(
            std::find_if(options, std::end(options), [=](auto& o) { return o.val == letter; })->name, optarg,
            in.capture);
    }
    return std::nullopt;
}

std::optional<std::string> parse_arguments(int argc, char** argv, invocation& out) {
    if (argc < 1 || *argv[0] == '\0')
        return "started without a name; the first argument is the program's own";
    common::capture_request& r = out.capture;
    opterr = optind = 0; // say nothing, start again
    int count = 0;
    bool timeout = false;
    for (int c; (c = ::getopt_long(argc, argv, ":i:s:B:", options, nullptr)) != -1;
         ++count, timeout = timeout || c == 't')
        if (auto wrong = read_option(c, out)) return wrong;
    for (int i = optind; i < argc && r.filter.size() <= common::request_limits::max_filter; ++i)
        r.filter.append(r.filter.empty() ? "" : " ").append(argv[i]);
    if (r.filter.size() > common::request_limits::max_filter) return "the filter is longer than 16384 bytes";
    const bool serves = out.what == action::serve;
    if (serves && (count > 1 || !r.filter.empty())) return "--serve goes alone; the client says the rest";
    if (timeout && r.immediate) return "--timeout and --immediate exclude each other";
    if (r.format == common::capture_format::pcap && r.interfaces.size() > 1)
        return "--format pcap takes one interface only";
    if (r.interfaces.empty() && !serves) r.interfaces.emplace_back(out.what == action::verify ? "lo" : "any");
    return std::nullopt;
}

} // namespace weir::capture_helper
