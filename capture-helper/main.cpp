// weir-capture: opens network interfaces with the one privilege it has, gives that up, and streams what they see to
// standard output. Must never read from its client after the request, run another program, or go on when a step of giving
// up privilege fails. main() is the list of these steps.
#include <cstdlib>
#include <pcap/pcap.h>
#include <unistd.h>

#include "capture-helper/interface.hpp"
#include "capture-helper/privilege.hpp"
#include "capture-helper/process.hpp"
#include "capture-helper/report.hpp"
#include "capture-helper/request.hpp"
#include "capture-helper/sandbox.hpp"
#include "capture-helper/service.hpp"
#include "capture-helper/stream.hpp"
#include "capture-helper/verify.hpp"
#include "common/exit_status.hpp"
#include "common/version.hpp"

namespace {

using namespace weir::capture_helper;

constexpr const char* help =
    "Usage: weir-capture [OPTION]... [FILTER]\n"
    "Captures packets and writes them to standard output as pcapng: weir-capture -i lo 'tcp port 80' | weir -r -\n"
    "\n"
    "  -i, --interface IFACE  capture here; may repeat (default: any)\n"
    "  -s, --snaplen BYTES    keep at most so many bytes of each packet (default: 262144)\n"
    "  -B, --buffer KIB       size of the kernel's ring (default: 16384)\n"
    "      --timeout MS       until the kernel hands over a part-filled block of the ring (default: 15)\n"
    "      --immediate        hand over every packet at once\n"
    "      --no-promiscuous   leave the interface out of promiscuous mode\n"
    "      --monitor          Wi-Fi monitor mode; needs CAP_NET_ADMIN too\n"
    "      --direction WAY    in, out or inout (default)\n"
    "      --format FORMAT    pcapng (default) or pcap\n"
    "      --list-interfaces  print the interfaces, one a line\n"
    "      --verify           try what the running helper must not do, and print what stopped it\n"
    "      --serve            take one request from the Unix socket on standard input (capture-protocol)\n"
    "      --listen PATH      serve such requests on a socket of its own; who may ask what: capture.conf(5)\n"
    "      --version, --help\n"
    "\n"
    "FILTER is a pcap-filter(7) expression. Exit status: 0 done, 1 input or output failed, 2 usage, 3 not permitted.\n";

[[noreturn]] void answer(std::string_view text) {
    const bool written = ::write(STDOUT_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    std::_Exit(weir::common::to_int(written ? weir::common::exit_status::done : weir::common::exit_status::failed));
}

invocation read_arguments(int argc, char** argv) {
    invocation asked;
    if (const auto wrong = parse_arguments(argc, argv, asked)) fail(reason::bad_request, *wrong + "; see weir-capture --help");
    return asked;
}

/// What needs no privilege is answered without any.
void answer_questions(const invocation& asked) {
    if (asked.what == action::help) answer(help);
    if (asked.what == action::version)
        answer(std::string("weir-capture ") + weir::common::version + " (walls: " + walls_of_this_build() + ")\n");
    if (asked.what != action::list_interfaces) return;
    drop_every_privilege();
    answer(list_interfaces());
}

/// From a socket client where there is one; else the arguments were the request.
void take_request(invocation& asked) {
    if (asked.what == action::listen) listen_for_clients(asked.socket);
    if (!asked.for_client()) return;
    const client who = receive_request(asked.capture);
    hold_to_policy(who, asked.capture, WEIR_CAPTURE_CONF);
}

/// --verify writes no stream, so any output will do.
void check_stream_output(const invocation& asked) {
    if (asked.what != action::verify) check_output();
}

void verify_and_exit(const invocation& asked, const std::vector<interface>& interfaces) {
    if (asked.what == action::verify) std::_Exit(verify_walls(pcap_fileno(interfaces.front().handle)));
}

int stream_packets(const invocation& asked, std::vector<interface>& interfaces, const std::string& walls) {
    const std::string granted = asked.for_client() ? "ok " + describe(asked.capture) : "";
    audit_grant();
    return stream(interfaces, asked.capture, granted, walls);
}

} // namespace

int main(int argc, char** argv) {
    sanitise_process();
    invocation asked = read_arguments(argc, argv);
    answer_questions(asked);
    take_request(asked);
    check_stream_output(asked);
    keep_only_net_raw(asked.capture.monitor);
    std::vector<interface> interfaces = open_interfaces(asked.capture);
    drop_every_privilege();
    prove_nothing_is_left();
    set_filters(interfaces, asked.capture);
    catch_stop_signals();
    verify_and_exit(asked, interfaces);
    std::string walls = privilege_state();
    walls += ' ' + forbid_files();
    walls += ' ' + forbid_system_calls();
    std::_Exit(stream_packets(asked, interfaces, walls));
}
