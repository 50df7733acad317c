// weir-capture: opens network interfaces with the one privilege it has, gives that up, and streams what they
// see to standard output. Must never read from its client after the request, run another program, or go on
// when a step of giving up privilege fails. main() is the list of these steps.
#include <pcap/pcap.h>
#include <unistd.h>

#include "capture-helper/arguments.hpp"
#include "capture-helper/audit.hpp"
#include "capture-helper/interface.hpp"
#include "capture-helper/listener.hpp"
#include "capture-helper/privilege.hpp"
#include "capture-helper/process.hpp"
#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"
#include "capture-helper/service.hpp"
#include "capture-helper/stream.hpp"
#include "common/version.hpp"

using namespace weir::capture_helper;

static constexpr const char* help =
    "Usage: weir-capture [-i IFACE]... [-s SNAPLEN] [-B KIB] [--timeout MS | --immediate] [--no-promiscuous] "
    "[--monitor]\n"
    "                    [--direction in|out|inout] [--format pcapng|pcap] [FILTER...]\n"
    "       weir-capture --list-interfaces | --verify [-i IFACE] | --serve | --listen [PATH] | --version | "
    "--help\n"
    "Captures packets to standard output: weir-capture -i lo 'tcp port 80' | weir -r -    More: "
    "weir-capture(8)\n";

static invocation read_arguments(sanitised, int argc, char** argv) {
    invocation asked;
    if (const auto wrong = parse_arguments(argc, argv, asked))
        fail(reason::bad_request, *wrong + "; see weir-capture --help");
    return asked;
}

/// What needs no privilege is answered without any.
static void answer_questions(const invocation& asked) {
    if (asked.what < action::list_interfaces) return;
    drop_every_privilege();
    const std::string text =
        asked.what == action::help ? help
        : asked.what == action::version
            ? std::string("weir-capture ") + weir::common::version + " (walls: " + walls_of_this_build + ")\n"
            : list_interfaces();
    ::_exit(::write(STDOUT_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

int main(int argc, char** argv) {
    if (is_listener(argc, argv)) run_listener(argc, argv, WEIR_CAPTURE_CONF);
    const sanitised clean = sanitise_process();
    invocation asked = read_arguments(clean, argc, argv);
    answer_questions(asked);
    const without_root user = keep_only_net_raw(clean, asked.capture.monitor);
    const permitted grant = take_request(user, asked, WEIR_CAPTURE_CONF);
    if (asked.what != action::verify) check_output();
    std::vector<interface> interfaces;
    const opened served = open_interfaces(grant, asked.capture, interfaces);
    drop_every_privilege();
    if (asked.listener != 0) end_with(asked.listener);
    const powerless dropped = prove_nothing_is_left(served);
    const filtered locked = set_filters(dropped, interfaces, asked.capture);
    if (asked.what == action::verify) return verify_walls(pcap_fileno(interfaces.front().handle));
    catch_stop_signals();
    const walled walls = raise_walls(locked);
    audit_grant();
    stream(walls, interfaces, asked.capture,
           asked.what == action::serve ? "ok " + describe(asked.capture) + '\n' : "");
    ::_exit(0);
}
