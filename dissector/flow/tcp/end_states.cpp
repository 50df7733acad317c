#include "flow/tcp/end_states.hpp"

namespace weir::flow::tcp {

namespace {

/// A SYN of the client and its RST, and nothing before that RST that more than a SYN would bring.
bool gave_up_its_syn(std::string_view history) noexcept {
    if (history.starts_with('^')) history.remove_prefix(1);
    if (!history.starts_with('S')) return false;
    const std::size_t reset = history.find('R');
    return reset != std::string_view::npos && history.find_first_of("HAFGIQ") > reset;
}

} // namespace

std::string_view conn_state(const end_states& ends, bool carried_bytes, std::string_view history) noexcept {
    using enum end_state;
    const auto unopened = [](end_state s) { return s == silent || s == partial; };
    const auto was_reset = [](end_state s) { return s == reset || s == aborted; };
    const auto [client, server] = ends;
    if (was_reset(server)) {
        if (client == syn_sent || client == syn_ack_sent || (was_reset(client) && !carried_bytes))
            return "REJ";
        return unopened(client) ? "RSTRH" : "RSTR";
    }
    if (was_reset(client)) return !unopened(server) ? "RSTO" : gave_up_its_syn(history) ? "RSTOS0" : "OTH";
    if (client == closed && server == closed) return "SF";
    if (client == closed) return unopened(server) ? "SH" : "S2";
    if (server == closed) return unopened(client) ? "SHR" : "S3";
    if (client == syn_sent && server == silent) return "S0";
    return client == established && server == established ? "S1" : "OTH";
}

} // namespace weir::flow::tcp
