#include "cli/options.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "common/version.hpp"
#include "event/selection.hpp"

namespace weir::cli {

namespace {

constexpr const char* overview = "Shows what programs on this machine say to each other: TCP and HTTP as "
                                 "JSON lines, or as text on a terminal. "
                                 "Captures through weir-capture, or reads pcap and pcapng.";

constexpr const char* after =
    "FILTER is a pcap-filter(7) expression: weir -i lo 'tcp port 80'\n"
    "Exit status: 0 done, 1 input or output failed or was cut short, 2 usage, 3 capture not permitted.\n"
    "More: weir(1)";

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

parsed usage(const std::string& what) {
    complain(what + "; try 'weir --help'");
    return {{}, common::exit_status::usage};
}

/// What does not go together, as one sentence; empty where all does.
std::string contradiction(const options& o, const std::vector<std::string>& filter_words) {
    const bool live_option =
        !o.interfaces.empty() || !o.helper_options.empty() || !o.helper.empty() || !o.connect.empty();
    if (!o.connect.empty() && !o.helper.empty())
        return "--connect asks a running service; --helper starts a program";
    if (!o.file.empty() && live_option)
        return "-r reads a file; -i and the other capture options belong to a live capture";
    if (!o.file.empty() && !filter_words.empty())
        return "a capture filter works on a live capture only, not with -r: " + filter_words.front();
    if (o.reconnect && o.connect.empty()) return "--reconnect needs a service to reach: --connect SOCKET";
    if (o.append && o.output.empty()) return "--append needs a file to append to: -o FILE";
    if (o.follow && (o.file.empty() || o.file == "-")) return "--follow needs a file to follow: -r FILE";
    if (o.stats_interval && !(*o.stats_interval >= 0 && *o.stats_interval <= 86'400))
        return "--stats-interval takes seconds from 0 to 86400";
    return {};
}

} // namespace

void complain(const std::string& what) { std::fprintf(stderr, "weir: %s\n", what.c_str()); }

parsed parse(int argc, const char* const* argv) {
    options o;
    std::vector<std::string> filter_words;
    std::string events;
    bool verify = false, json = false, text = false, schema = false, reference = false, immediate = false,
         quiet_mode = false, monitor = false, interfaces = false;
    std::string snaplen, buffer, direction;

    CLI::App app(overview, "weir");
    app.footer(after);
    app.add_option("FILTER", filter_words, "capture filter");

    app.option_defaults()->group("What to read");
    app.add_option("-i,--interface", o.interfaces, "capture on this interface; may repeat (default: any)")
        ->type_name("IFACE")
        ->allow_extra_args(false);
    app.add_option("-r,--read", o.file, "read a capture file; - is standard input")->type_name("FILE");
    app.add_flag("--follow", o.follow, "with -r: go on as the file grows");
    app.add_option("--connect", o.connect,
                   "ask the capture service at this socket, e.g. /run/weir/capture.sock")
        ->type_name("SOCKET");
    app.add_flag("--reconnect", o.reconnect,
                 "with --connect: when the service ends, reach it again and go on");

    app.option_defaults()->group("What to write");
    app.add_option("--events", events, "events to write: names and globs, e.g. 'http.*,tcp.close'")
        ->type_name("LIST");
    app.add_flag("--json", json, "write JSON lines even to a terminal");
    app.add_flag("--text", text, "write text even to a pipe or file");
    std::uint64_t body_limit = 0;
    app.add_flag("--bodies{1048576}", body_limit,
                 "write decoded bodies, each up to LIMIT bytes (default: 1048576)");
    app.add_flag("--raw-headers", o.raw_headers, "add header fields as sent");
    app.add_option("-o,--output", o.output, "write to this file instead of standard output")
        ->type_name("FILE");
    app.add_flag("--append", o.append, "with -o: keep what the file holds, and open it anew on SIGHUP");
    app.add_option("--stats-interval", o.stats_interval,
                   "seconds of capture time between capture.stats; 0: none (default: 10 live, 0 with -r)")
        ->type_name("SECONDS");

    app.option_defaults()->group("How to capture");
    app.add_option("-s,--snaplen", snaplen, "bytes to capture of each packet")->type_name("BYTES");
    app.add_option("-B,--buffer", buffer, "size of the kernel's capture ring in KiB")->type_name("KIB");
    app.add_flag("--immediate", immediate, "hand over every packet at once");
    app.add_flag("--no-promiscuous", quiet_mode, "leave the interface out of promiscuous mode");
    app.add_flag("--monitor", monitor, "Wi-Fi monitor mode");
    app.add_option("--direction", direction, "in, out or inout")->type_name("WAY");
    app.add_option("--helper", o.helper, "the weir-capture to start")->type_name("PATH");
    app.add_flag("--allow-root", o.allow_root,
                 "stay root, or keep capabilities; without it root becomes weir or nobody");

    app.option_defaults()->group("Answers instead of events");
    app.set_help_flag("-h,--help", "print this and exit");
    app.set_version_flag("--version", std::string("weir ") + common::version, "print the version and exit");
    app.add_flag("--list-interfaces", interfaces,
                 "print the interfaces of this machine; with --json as JSON lines");
    app.add_flag("--verify", verify, "try what the sandbox forbids, and say what stopped it");
    app.add_flag("--schema", schema, "print the JSON Schema of the events");
    app.add_flag("--events-reference", reference, "print the reference page of the events");

    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        std::string help = app.help();
        // CLI11 shows the value of a flag that stands alone in braces
        const std::string shown = "--bodies{1048576}";
        if (const std::size_t at = help.find(shown); at != std::string::npos)
            help.replace(at, shown.size(), "--bodies[=LIMIT] ");
        for (std::size_t at = 0; (at = help.find("\n\n\n")) != std::string::npos;) help.erase(at, 1);
        print(help);
        return {{}, common::exit_status::done};
    } catch (const CLI::CallForVersion&) {
        print(std::string("weir ") + common::version + "\n");
        return {{}, common::exit_status::done};
    } catch (const CLI::ParseError& e) {
        return usage(e.what());
    }
    if (interfaces) o.asked = json ? enquiry::interfaces_json : enquiry::interfaces;
    if (schema) o.asked = enquiry::schema;
    if (reference) o.asked = enquiry::events_reference;
    if (verify) o.asked = enquiry::verify;
    if (o.asked != enquiry::none) return {std::move(o), std::nullopt};

    const auto pass = [&](const char* option, const std::string& value) {
        if (!value.empty()) o.helper_options.insert(o.helper_options.end(), {option, value});
    };
    const auto ask = [&](const char* key, const std::string& value) {
        if (!value.empty()) o.service_settings.push_back(std::string(key) + '=' + value);
    };
    ask("snaplen", snaplen);
    ask("buffer", buffer);
    ask("promiscuous", quiet_mode ? "no" : "");
    ask("direction", direction);
    if (!o.connect.empty() && (immediate || monitor))
        return usage("a capture service knows neither --immediate nor --monitor");
    pass("-s", snaplen);
    pass("-B", buffer);
    pass("--direction", direction);
    if (immediate) o.helper_options.emplace_back("--immediate");
    if (quiet_mode) o.helper_options.emplace_back("--no-promiscuous");
    if (monitor) o.helper_options.emplace_back("--monitor");

    if (const std::string wrong = contradiction(o, filter_words); !wrong.empty()) return usage(wrong);
    if (json && text) return usage("--json and --text exclude each other");
    if (json) o.as = style::json;
    if (text) o.as = style::text;
    if (app.count("--bodies") > 0) o.bodies = body_limit;
    if (app.count("--events") > 0) {
        event::mask m;
        if (const std::string bad = event::parse_selection(events, m); !bad.empty())
            return usage("--events: " + bad + " names no event");
        o.events = m;
    }
    for (const std::string& word : filter_words) o.filter += (o.filter.empty() ? "" : " ") + word;
    if (o.file.empty() && o.interfaces.empty()) o.interfaces.emplace_back("any");
    return {std::move(o), std::nullopt};
}

} // namespace weir::cli
