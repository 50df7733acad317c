#include "session/notes.hpp"

#include "event/anomaly.hpp"

namespace weir::session {

void report_notes(context& shared, const subject& about, std::vector<note>& notes) {
    for (const note& n : notes) {
        ++shared.count.anomalies;
        if (!shared.events.wants<event::anomaly>()) continue;
        event::anomaly a;
        a.ts = n.ts;
        a.connection = about.id.ref();
        a.code = n.what->code;
        a.layer = about.layer;
        a.packet = n.packet;
        a.exchange = about.exchange;
        a.side = about.from;
        a.offset = n.offset;
        a.detail = {n.detail.empty() ? n.what->sentence : std::string_view(n.detail)};
        shared.events.emit(a);
    }
    notes.clear();
}

} // namespace weir::session
