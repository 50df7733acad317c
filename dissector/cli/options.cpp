#include "cli/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "common/size.hpp"
#include "common/version.hpp"
#include "event/selection.hpp"
#include "event/tcp_detail_events.hpp"
#include "input/capture_reader.hpp"

namespace weir::cli {

namespace {

constexpr const char* overview = "Shows what programs on this machine say to each other: TCP and HTTP as "
                                 "JSON lines, or as text on a terminal. "
                                 "Captures through weir-capture, or reads pcap and pcapng.";

constexpr const char* after =
    "FILTER is a pcap-filter(7) expression: weir -i lo 'tcp port 80'\n"
    "SIZE is bytes: 100, 64k (64,000), 64Ki (65,536); k M G Ki Mi Gi, with or without a B.\n"
    "Exit status: 0 done, 1 input or output failed or was cut short, 2 usage, 3 capture not permitted.\n"
    "More: weir(1)";

constexpr const char* help_shows = "; try 'weir --help'";

/// What is wrong with a value, as in "--snaplen takes ..."; empty where nothing is.
using complaint = std::string;

/// What parsing gathers besides the options themselves.
struct draft {
    options to;
    bool json = false;
    bool text = false;
    bool interfaces = false;
};

/// One option. Where `helper` or `setting` is set, weir-capture or a capture service is given it too: with
/// the value as `take` leaves it, where the option has one.
struct row {
    const char* group;
    const char* names;   ///< as CLI11 writes them: "-s,--snaplen"
    const char* value;   ///< what --help shows behind the name: "=SIZE"; empty for a flag
    const char* meaning; ///< for --help
    complaint (*take)(draft&, std::string& value);
    const char* helper = nullptr;  ///< option of weir-capture
    const char* setting = nullptr; ///< of docs/capture-protocol.md: "snaplen=", or a whole one for a flag
    bool repeats = false;
    const char* preset = nullptr; ///< of a value that may be left out

    [[nodiscard]] bool is_flag() const noexcept { return *value == '\0'; }
    /// Its value may be left out, and then stands behind a "=".
    [[nodiscard]] bool is_optional() const noexcept { return *value == '['; }
    [[nodiscard]] std::string long_name() const {
        return std::string(names).substr(std::string_view(names).find("--"));
    }
};

/// A size of 0 or more, `unit` bytes where it has no unit, becomes a plain number of units.
complaint take_size(std::string& value, std::uint64_t unit) {
    const auto bytes = common::parse_size(value, unit);
    if (!bytes) return "takes a size such as 100, 64k or 1Mi, not '" + value + '\'';
    value = std::to_string(*bytes / unit);
    return {};
}

/// The value of --NAME[=SIZE].
template <auto member>
complaint take_limit(draft& d, std::string& value) {
    complaint wrong = take_size(value, 1);
    if (wrong.empty()) d.to.*member = std::stoull(value);
    return wrong;
}

complaint take_events(const std::string& list, std::optional<event::mask>& to) {
    event::mask m;
    if (const std::string bad = event::parse_selection(list, m); !bad.empty())
        return "takes names of events: " + bad + " names none";
    to = m;
    return {};
}

complaint take_count(const std::string& value, std::uint64_t& to) {
    const char* const end = value.data() + value.size();
    const auto [stop, failed] = std::from_chars(value.data(), end, to);
    return failed == std::errc{} && stop == end ? complaint() : "takes a number, not '" + value + '\'';
}

complaint take_seconds(const std::string& value, std::optional<double>& to) {
    constexpr double longest = 86'400;
    double seconds = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, failed] = std::from_chars(value.data(), end, seconds);
    if (failed != std::errc{} || stop != end || !(seconds >= 0 && seconds <= longest))
        return "takes seconds from 0 to 86400, not '" + value + '\'';
    to = seconds;
    return {};
}

/// One word behind the name of an output; false where it is none and thus belongs to the name.
bool take_output_word(std::string_view word, output_request& to, complaint& wrong) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string key(word.substr(0, equals)), value(word.substr(equals + 1));
    if (key == "events") {
        wrong = take_events(value, to.events);
        if (!wrong.empty()) wrong = "events= " + wrong;
    } else if (key == "style") {
        to.as = value == "text" ? style::text : style::json;
        if (value != "text" && value != "json") wrong = "style= takes json or text, not '" + value + '\'';
    } else if (key == "slow") {
        to.slow = value == "drop" ? output::on_slow::drop : output::on_slow::wait;
        if (value != "drop" && value != "wait") wrong = "slow= takes wait or drop, not '" + value + '\'';
    } else {
        return false;
    }
    return true;
}

complaint take_output(draft& d, std::string& value) {
    output_request r;
    complaint wrong;
    r.name = value;
    for (std::size_t colon = 0; (colon = r.name.rfind(':')) != std::string::npos; r.name.resize(colon)) {
        if (!take_output_word(std::string_view(r.name).substr(colon + 1), r, wrong)) break;
        if (!wrong.empty()) return wrong;
    }
    if (r.name.empty()) return "takes the name of a file, or - for standard output";
    d.to.outputs.push_back(std::move(r));
    return {};
}

/// For an option that only sets a member.
template <auto member>
complaint set(draft& d, std::string& value) {
    if constexpr (std::is_same_v<decltype(d.to.*member), bool&>)
        d.to.*member = true;
    else if constexpr (std::is_same_v<decltype(d.to.*member), std::string&>)
        d.to.*member = value;
    else
        (d.to.*member).push_back(value);
    return {};
}

template <auto member>
complaint note(draft& d, std::string&) {
    d.*member = true;
    return {};
}

template <enquiry what>
complaint ask(draft& d, std::string&) {
    d.to.question = what;
    return {};
}

/// For an option that is the helper's business alone.
complaint pass_on(draft&, std::string&) { return {}; }

constexpr const char *reading = "What to read", *writing = "What to write", *capturing = "How to capture",
                     *answering = "Answers instead of events";

constexpr row table[] = {
    {reading, "-i,--interface", " IFACE", "capture on this interface; may repeat (default: any)",
     set<&options::interfaces>, nullptr, nullptr, true},
    {reading, "-r,--read", " FILE", "read a capture file; - is standard input", set<&options::file>},
    {reading, "--follow", "", "with -r: go on as the file grows", set<&options::follow>},
    {reading, "--connect", " SOCKET", "ask the capture service at this socket, e.g. /run/weir/capture.sock",
     set<&options::connect>},
    {reading, "--reconnect", "", "with --connect: when the service ends, reach it again and go on",
     set<&options::reconnect>},
    {reading, "--max-connections", " N",
     "follow at most N connections at once; the one idle longest is evicted",
     [](draft& d, std::string& value) {
         complaint wrong = take_size(value, 1);
         if (wrong.empty()) d.to.max_connections = std::stoull(value);
         if (wrong.empty() && d.to.max_connections == 0) wrong = "takes a number above 0";
         return wrong;
     }},
    {reading, "--max-memory", " SIZE", "at most so much for connections and what they hold; 1Mi or more",
     [](draft& d, std::string& value) {
         complaint wrong = take_size(value, 1);
         if (wrong.empty()) d.to.max_memory = std::stoull(value);
         if (wrong.empty() && *d.to.max_memory < (1u << 20)) wrong = "takes 1Mi or more";
         return wrong;
     }},

    {writing, "--events", " LIST", "events to write: names and globs, e.g. 'http.*,tcp.close'",
     [](draft& d, std::string& value) { return take_events(value, d.to.events); }},
    {writing, "--json", "", "write JSON lines even to a terminal", note<&draft::json>},
    {writing, "--text", "", "write text even to a pipe or file", note<&draft::text>},
    {writing, "--hex", "", "write text, the bytes of tcp.data as hexadecimal", set<&options::hex>},
    {writing, "--bodies", "[=SIZE]", "write decoded bodies, each up to SIZE (default: 1Mi), and forms",
     take_limit<&options::bodies>, nullptr, nullptr, false, "1Mi"},
    {writing, "--body-hash", "", "write the SHA-256 of decoded bodies", set<&options::body_hash>},
    {writing, "--raw-headers", "", "add header fields as sent", set<&options::raw_headers>},
    {writing, "--no-names", "", "do not add the names that DNS answers gave to addresses",
     set<&options::no_names>},
    {writing, "-o,--output", " FILE[:...]",
     "write to this file, - is standard output; may repeat. For it alone, behind\n"
     "its name: :events=LIST :style=json|text :slow=wait|drop",
     take_output, nullptr, nullptr, true},
    {writing, "--har", " FILE",
     "write HTTP exchanges to this file as HAR 1.2, with bodies up to the SIZE of --bodies",
     [](draft& d, std::string& value) {
         d.to.har = value;
         if (value.empty()) return complaint("takes the name of a file");
         return value == "-" ? complaint("takes a file, whose end is written over as it grows; - is none")
                             : complaint();
     }},
    {writing, "--append", "", "with -o: keep what the files hold, and open them anew on SIGHUP",
     set<&options::append>},
    {writing, "--save", " DIR",
     "make files in this folder, which is made too; what: --save-streams, --save-bodies",
     set<&options::save>},
    {writing, "--save-streams", "", "with --save: each direction of each connection, in DIR/streams",
     set<&options::save_streams>},
    {writing, "--save-bodies", "[=SIZE]",
     "with --save: decoded bodies of SIZE or less (default: 16Mi), in DIR/bodies",
     take_limit<&options::save_bodies>, nullptr, nullptr, false, "16Mi"},
    {writing, "--save-files", " N", "with --save: at most so many files (default: 10000)",
     [](draft& d, std::string& value) { return take_count(value, d.to.save_budget.files); }},
    {writing, "--save-bytes", " SIZE", "with --save: at most so many bytes in all (default: 1Gi)",
     [](draft& d, std::string& value) {
         complaint wrong = take_size(value, 1);
         if (wrong.empty()) d.to.save_budget.bytes = std::stoull(value);
         return wrong;
     }},
    {writing, "--stats-interval", " SECONDS",
     "capture time between two capture.stats; 0: none (default: 10 live, 0 with -r)",
     [](draft& d, std::string& value) { return take_seconds(value, d.to.stats_interval); }},
    {writing, "-q,--quiet", "", "no warnings and remarks on standard error", set<&options::quiet>},

    {capturing, "-s,--snaplen", " SIZE", "how much to capture of each packet",
     [](draft&, std::string& value) { return take_size(value, 1); }, "-s", "snaplen="},
    {capturing, "-B,--buffer", " SIZE", "the kernel's capture ring; a number alone counts KiB",
     [](draft&, std::string& value) { return take_size(value, 1024); }, "-B", "buffer="},
    {capturing, "--immediate", "", "hand over every packet at once", pass_on, "--immediate"},
    {capturing, "--no-promiscuous", "", "leave the interface out of promiscuous mode", pass_on,
     "--no-promiscuous", "promiscuous=no"},
    {capturing, "--monitor", "", "Wi-Fi monitor mode", pass_on, "--monitor"},
    {capturing, "--direction", " WAY", "in, out or inout", pass_on, "--direction", "direction="},
    {capturing, "--helper", " PATH", "the weir-capture to start", set<&options::helper>},
    {capturing, "--allow-root", "", "stay root, or keep capabilities; else root becomes weir or nobody",
     set<&options::allow_root>},

    {answering, "--list-interfaces", "", "print the interfaces of this machine; with --json as JSON lines",
     note<&draft::interfaces>},
    {answering, "--verify", "", "try what the sandbox forbids, and say what stopped it",
     ask<enquiry::verify>},
    {answering, "--check-policy", "", "say what a policy grants: [FILE], default /etc/weir/capture.conf",
     ask<enquiry::policy>},
    {answering, "--user", " NAME", "with --check-policy: what it grants this user", set<&options::user>},
    {answering, "--schema", "", "print the JSON Schema of the events", ask<enquiry::schema>},
    {answering, "--events-reference", "", "print the reference page of the events",
     ask<enquiry::events_reference>},
};

/// The left column of --help as the table has it, and one empty line between groups.
class listing : public CLI::Formatter {
    [[nodiscard]] std::string make_positionals(const CLI::App*) const override { return "\n"; }
    [[nodiscard]] std::string make_option_opts(const CLI::Option* o) const override {
        const auto known = std::find_if(std::begin(table), std::end(table), [&](const row& r) {
            return o->check_lname(r.long_name().substr(2));
        });
        return known == std::end(table) ? "" : known->value;
    }
    [[nodiscard]] std::string make_option_name(const CLI::Option* o, bool positional) const override {
        if (positional) return Formatter::make_option_name(o, positional);
        std::string names;
        for (const std::string& s : o->get_snames()) names += '-' + s + ',';
        return names + "--" + o->get_lnames().front();
    }
    [[nodiscard]] std::string make_group(std::string group, bool positional,
                                         std::vector<const CLI::Option*> all) const override {
        return Formatter::make_group(std::move(group), positional, std::move(all)).substr(1);
    }
};

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

parsed usage(const std::string& what) {
    complain(what);
    return {{}, common::exit_status::usage};
}

/// `text` as one word of a shell's command line.
std::string shell_word(const std::string& text) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";
    if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
    std::string word = "'";
    for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + '\'';
}

/// True where a word of a filter is a capture file, or named like one.
bool is_capture_file(const std::string& word) {
    for (const char* ending : {".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz"})
        if (word.ends_with(ending)) return true;
    return input::is_capture(word);
}

bool asks_for_data(const options& o) {
    const auto has_it = [](const std::optional<event::mask>& m) {
        return m && m->test(event::kind<event::tcp_data>());
    };
    return has_it(o.events) || std::any_of(o.outputs.begin(), o.outputs.end(),
                                           [&](const output_request& r) { return has_it(r.events); });
}

/// What does not go together, as one sentence; empty where all does.
std::string contradiction(const draft& d, const std::vector<std::string>& filter_words) {
    const options& o = d.to;
    const bool live_option =
        !o.interfaces.empty() || !o.helper_options.empty() || !o.helper.empty() || !o.connect.empty();
    if (d.json && d.text) return "--json and --text exclude each other";
    if (!o.connect.empty() && !o.helper.empty())
        return "--connect asks a running service; --helper starts a program";
    if (!o.connect.empty() && !o.only_of_helper.empty())
        return "a capture service does not know " + o.only_of_helper;
    if (!o.file.empty() && live_option)
        return "-r reads a file; -i and the other capture options belong to a live capture";
    if (!o.file.empty() && !filter_words.empty()) {
        const bool packed = o.file.ends_with(".gz");
        return "a filter works on a live capture only; this line does it: " +
               (packed ? "zcat " + shell_word(o.file) + " | tcpdump -r -"
                       : "tcpdump -r " + shell_word(o.file)) +
               " -w - " + shell_word(o.filter) + " | weir -r -";
    }
    if (o.file.empty() && !filter_words.empty() && is_capture_file(filter_words.front()))
        return filter_words.front() + " stands where a filter is expected; to read a file: weir -r " +
               shell_word(filter_words.front());
    if (o.reconnect && o.connect.empty()) return "--reconnect needs a service to reach: --connect SOCKET";
    const auto is_file = [](const output_request& r) { return r.name != "-"; };
    if (o.append && std::none_of(o.outputs.begin(), o.outputs.end(), is_file))
        return "--append needs a file to append to: -o FILE";
    if (!o.har.empty() && o.outputs.empty() && (d.json || d.text || o.hex || o.events))
        return "--har writes no lines; for those, beside it: -o -";
    if (o.hex && d.json) return "--hex is for text; JSON has every byte";
    if (o.hex && !asks_for_data(o)) return "--hex shows tcp.data, which is not asked for: --events tcp.data";
    if (o.save_streams && o.save.empty()) return "--save-streams needs a folder: --save DIR";
    if (o.save_bodies && o.save.empty()) return "--save-bodies needs a folder: --save DIR";
    if (!o.save.empty() && !o.save_streams && !o.save_bodies)
        return "--save needs to be told what to save: --save-streams, --save-bodies";
    if (o.follow && (o.file.empty() || o.file == "-")) return "--follow needs a file to follow: -r FILE";
    return {};
}

/// The words of the command line. `--bodies 100` is `--bodies=100`, as for each option whose size may be left
/// out: no filter is a size alone.
std::vector<std::string> words_of(int argc, const char* const* argv) {
    std::vector<std::string> words;
    for (int i = 1; i < argc; ++i) {
        const bool limit = !words.empty() && common::parse_size(argv[i]) &&
                           std::any_of(std::begin(table), std::end(table), [&](const row& r) {
                               return r.is_optional() && words.back() == r.names;
                           });
        if (limit)
            words.back() += std::string("=") + argv[i];
        else
            words.emplace_back(argv[i]);
    }
    std::reverse(words.begin(), words.end()); // as CLI11 takes them
    return words;
}

CLI::Option* declare(const row& r, CLI::App& app) {
    CLI::Option* o = nullptr;
    if (r.is_optional())
        o = app.add_flag(std::string(r.names) + '{' + r.preset + '}', r.meaning);
    else if (r.is_flag())
        o = app.add_flag(r.names, r.meaning)->disable_flag_override();
    else
        o = app.add_option(r.names, CLI::callback_t([](const CLI::results_t&) { return true; }), r.meaning)
                ->type_size(1)
                ->expected(1, r.repeats ? CLI::detail::expected_max_vector_size : 1)
                ->allow_extra_args(false);
    return o->group(r.group);
}

/// Takes one option, with all its values; what is wrong, as one sentence.
std::string take(const row& r, const CLI::Option& found, draft& d) {
    for (std::string value : found.results()) {
        if (const complaint wrong = r.take(d, value); !wrong.empty()) return r.long_name() + ' ' + wrong;
        if (r.helper != nullptr) {
            d.to.helper_options.emplace_back(r.helper);
            if (!r.is_flag()) d.to.helper_options.push_back(value);
            if (r.setting == nullptr) d.to.only_of_helper = r.long_name();
        }
        if (r.setting != nullptr) d.to.service_settings.push_back(r.setting + (r.is_flag() ? "" : value));
    }
    return {};
}

} // namespace

void remark(const options& o, const std::string& what) {
    if (!o.quiet) complain(what);
}

parsed parse(int argc, const char* const* argv) {
    std::vector<std::string> filter_words;
    CLI::App app(overview, "weir");
    app.footer(after);
    app.formatter(std::make_shared<listing>());
    app.add_option("FILTER", filter_words, "capture filter");
    std::vector<CLI::Option*> found;
    for (const row& r : table) found.push_back(declare(r, app));
    app.set_help_flag("-h,--help", "print this and exit")->group(answering);
    app.set_version_flag("--version", std::string("weir ") + common::version, "print the version and exit")
        ->group(answering);
    try {
        app.parse(words_of(argc, argv));
    } catch (const CLI::CallForHelp&) {
        print(app.help());
        return {{}, common::exit_status::done};
    } catch (const CLI::CallForVersion&) {
        print(std::string("weir ") + common::version + "\n");
        return {{}, common::exit_status::done};
    } catch (const CLI::ParseError& e) {
        return usage(std::string(e.what()) + help_shows);
    }
    draft d;
    for (std::size_t i = 0; i < found.size(); ++i)
        if (const std::string wrong = take(table[i], *found[i], d); !wrong.empty())
            return usage(wrong + help_shows);
    if (d.interfaces) d.to.question = d.json ? enquiry::interfaces_json : enquiry::interfaces;
    if (d.to.question != enquiry::policy && !d.to.user.empty())
        return usage("--user belongs to --check-policy");
    if (d.to.question == enquiry::policy && filter_words.size() > 1)
        return usage("--check-policy takes one file");
    if (d.to.question == enquiry::policy && !filter_words.empty()) d.to.file = filter_words.front();
    if (d.to.question != enquiry::none) return {std::move(d.to), std::nullopt};
    for (const std::string& word : filter_words) d.to.filter += (d.to.filter.empty() ? "" : " ") + word;
    if (const std::string wrong = contradiction(d, filter_words); !wrong.empty()) return usage(wrong);
    if (d.json || d.text || d.to.hex) d.to.as = d.json ? style::json : style::text;
    if (d.to.outputs.empty() && d.to.har.empty()) d.to.outputs.emplace_back();
    if (d.to.file.empty() && d.to.interfaces.empty()) d.to.interfaces.emplace_back("any");
    return {std::move(d.to), std::nullopt};
}

} // namespace weir::cli
