// The form at the terminal of what happens on a TCP connection between its opening and its close: one line
// each, the arrow says who sent the packet; statistics stand below their line, a line for each side.
#pragma once

#include "event/tcp_detail_events.hpp"
#include "output/text_writer.hpp"

namespace weir::output {

void put_form(text_writer& out, const event::tcp_syn_retry& e);
void put_form(text_writer& out, const event::tcp_retransmit& e);
void put_form(text_writer& out, const event::tcp_out_of_order& e);
void put_form(text_writer& out, const event::tcp_gap& e);
void put_form(text_writer& out, const event::tcp_overlap& e);
void put_form(text_writer& out, const event::tcp_zero_window& e);
void put_form(text_writer& out, const event::tcp_reset& e);
void put_form(text_writer& out, const event::tcp_stats& e);

} // namespace weir::output
