// What an answer says about the names of addresses (flow/names.hpp). Must learn from answers to questions
// that were seen only: nobody else can say what a host asked for.
#pragma once

#include "flow/names.hpp"
#include "session/dns/message.hpp"

namespace weir::session::dns {

/// Each address that `response` gives for the name that was asked, directly or by aliases, has that name for
/// `asker` from `now` on: while its TTL lasts, and ten minutes at least. False where a name that still held
/// had to be forgotten.
bool learn_names(flow::names& known, const common::ip_address& asker, const message& response,
                 common::timestamp now);

} // namespace weir::session::dns
