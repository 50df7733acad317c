#include "output/text_sse.hpp"

namespace weir::output {

void put_form(text_writer& out, const event::http_sse& e) {
    out.time(e.ts);
    out.ends(e.connection, " < ");
    out.coloured(colour::bold, "SSE");
    out.put(' ');
    out.begin(colour::dim);
    out.wire(e.type.bytes);
    out.end();
    if (e.data) out.put_line_of(e.data->bytes);
    out.put("  ");
    out.size(e.size);
    if (e.retry) {
        out.put("  retry ");
        out.put_number(*e.retry);
        out.put(" ms");
    }
    if (!e.complete.value_or(true)) {
        out.put("  ");
        out.coloured(colour::red, "cut off");
    }
    out.put('\n');
}

} // namespace weir::output
