#include "cli/enquiry.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/complain.hpp"
#include "event/json.hpp"
#include "input/interfaces.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/verify.hpp"

namespace weir::cli {

namespace {

using common::exit_status;

bool print(const std::string& text) {
    const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    return std::fflush(stdout) == 0 && whole; // a child of --verify must not write it a second time
}

/// One line each: name, state and addresses with tabs between them, or JSON.
std::string interface_list(bool json) {
    std::string out;
    for (const input::interface& i : input::list_interfaces()) {
        if (json) {
            const nlohmann::ordered_json line{{"name", i.name},
                                              {"up", i.up},
                                              {"running", i.running},
                                              {"loopback", i.loopback},
                                              {"addresses", i.addresses}};
            out += line.dump() + '\n';
            continue;
        }
        out += i.name + (i.up ? "\tup" : "\tdown") + (i.running ? ",running" : "") +
               (i.loopback ? ",loopback" : "") + '\t';
        for (const std::string& a : i.addresses) out += (&a == &i.addresses.front() ? "" : ",") + a;
        out += '\n';
    }
    return out;
}

exit_status verify(bool allow_root) {
    if (const auto failed = sandbox::leave_root(allow_root).error) {
        complain(*failed);
        return exit_status::not_permitted;
    }
    const bool held = sandbox::verify([](const std::string& line) { (void)print(line + '\n'); });
    return held ? exit_status::done : exit_status::failed;
}

} // namespace

exit_status answer(enquiry what, bool allow_root) {
    std::string text;
    switch (what) {
    case enquiry::verify:
        return verify(allow_root);
    case enquiry::schema:
        text = event::json_schema();
        break;
    case enquiry::events_reference:
        text = event::markdown_reference();
        break;
    case enquiry::interfaces:
        text = interface_list(false);
        break;
    case enquiry::interfaces_json:
        text = interface_list(true);
        break;
    case enquiry::policy: // check_policy() answers
    case enquiry::none:
        break;
    }
    if (print(text)) return exit_status::done;
    complain(std::string("cannot write to standard output: ") + std::strerror(errno));
    return exit_status::failed;
}

} // namespace weir::cli
