#include "session/http/switched_exchange.hpp"

#include "session/http/target.hpp"
#include "session/http/text.hpp"

namespace weir::session::http {

void switched_exchange::target(std::string& out) const {
    out.clear();
    if (exchange_.request == nullptr) return;
    const std::string_view target = exchange_.request->view(exchange_.request->target);
    if (!authority_of(target)) write_url(host_field(*exchange_.request).value_or(""), target, secure_, out);
    if (out.empty()) out.assign(target);
}

bool switched_exchange::field(flow::side from, std::string_view lower_name, std::string& out) const {
    out.clear();
    const message* const m = from == client_ ? exchange_.request : exchange_.response;
    if (m == nullptr) return false;
    bool is_there = false;
    for (std::size_t i = 0; i < m->head_fields; ++i) {
        if (!equals_ignoring_case(m->view(m->fields[i].name), lower_name)) continue;
        if (is_there) out.append(", ");
        out.append(m->view(m->fields[i].value));
        is_there = true;
    }
    return is_there;
}

void switched_exchange::token(std::string& out) const {
    if (!field(event::other(client_), "upgrade", out)) (void)field(client_, "upgrade", out);
    out.resize(std::min(out.find_first_of(", /"), out.size()));
    for (char& c : out) c = to_lower(c);
}

} // namespace weir::session::http
