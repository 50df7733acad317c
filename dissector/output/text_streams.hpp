// tcp.data at the terminal: what both sides of a connection say, in turns, "  > " before what the client says
// and "  < " before what the server says, holes named where they are. As text or as hexadecimal with offsets.
//
// Must never let a byte of the wire stand in the first column: only Weir writes there.
#pragma once

#include "event/tcp_detail_events.hpp"
#include "output/text_writer.hpp"

namespace weir::output {

enum class bytes_as : std::uint8_t { text, hex };

class text_streams {
public:
    explicit text_streams(bytes_as form) noexcept
        : form_(form) {}

    void put(text_writer& out, const event::tcp_data& e);
    /// A line of something else follows.
    void interrupt(text_writer& out) {
        end_line(out);
        turn_of_ = 0;
    }

private:
    void begin_turn(text_writer& out, const event::tcp_data& e);
    void put_lines(text_writer& out, std::string_view bytes);
    void put_hex(text_writer& out, std::uint64_t offset, std::string_view bytes);
    void begin_line(text_writer& out);
    void end_line(text_writer& out);

    bytes_as form_;
    std::uint64_t turn_of_ = 0; ///< connection; 0: nobody's
    event::side side_ = event::side::client;
    bool in_line_ = false;
};

} // namespace weir::output
