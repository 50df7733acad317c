// The fixed parts of a DNS message as declarations: its header, what follows the name of a question and of a
// record, and what an OPT record makes of the latter.
#pragma once

#include "protocol/layout.hpp"

namespace weir::session::dns {

using protocol::field;
using protocol::layout;

struct header {
    std::uint16_t id = 0;
    std::uint8_t response = 0, opcode = 0;
    std::uint8_t aa = 0, tc = 0, rd = 0, ra = 0, z = 0, ad = 0, cd = 0;
    std::uint8_t rcode = 0;
    std::uint16_t questions = 0, answers = 0, authorities = 0, additionals = 0;

    // RFC 1035 section 4.1.1, RFC 4035 sections 3.1.6 and 3.2.2
    using wire = layout<"dns", field<"id", &header::id, 16, "pairs a response with its query">,
                        field<"response", &header::response, 1, "1 in a response">,
                        field<"opcode", &header::opcode, 4, "kind of query">,
                        field<"aa", &header::aa, 1, "authoritative answer">,
                        field<"tc", &header::tc, 1, "cut short: ask again over TCP">,
                        field<"rd", &header::rd, 1, "recursion desired">,
                        field<"ra", &header::ra, 1, "recursion available">,
                        field<"z", &header::z, 1, "must be 0">, field<"ad", &header::ad, 1, "authentic data">,
                        field<"cd", &header::cd, 1, "checking disabled">,
                        field<"rcode", &header::rcode, 4, "lower bits of the response code">,
                        field<"questions", &header::questions, 16, "number of questions">,
                        field<"answers", &header::answers, 16, "records in the answer section">,
                        field<"authorities", &header::authorities, 16, "records in the authority section">,
                        field<"additionals", &header::additionals, 16, "records in the additional section">>;
    static_assert(wire::size == 12);

    [[nodiscard]] constexpr std::size_t records() const noexcept {
        return std::size_t{answers} + authorities + additionals;
    }
};

/// Behind the name of a question.
struct question_fixed {
    std::uint16_t type = 0, qclass = 0;

    // RFC 1035 section 4.1.2
    using wire = layout<"dns_question", field<"type", &question_fixed::type, 16, "record type asked for">,
                        field<"class", &question_fixed::qclass, 16, "class asked for">>;
    static_assert(wire::size == 4);
};

/// Behind the owner's name of a record.
struct record_fixed {
    std::uint16_t type = 0, rclass = 0;
    std::uint32_t ttl = 0;
    std::uint16_t length = 0;

    // RFC 1035 section 4.1.3
    using wire = layout<"dns_record", field<"type", &record_fixed::type, 16, "record type">,
                        field<"class", &record_fixed::rclass, 16, "class">,
                        field<"ttl", &record_fixed::ttl, 32, "seconds it may be kept">,
                        field<"length", &record_fixed::length, 16, "bytes of data that follow">>;
    static_assert(wire::size == 10);
};

/// The same ten bytes in an OPT record.
struct edns_fixed {
    std::uint16_t type = 0, udp_size = 0;
    std::uint8_t upper_rcode = 0, version = 0, dnssec_ok = 0;
    std::uint16_t z = 0, length = 0;

    // RFC 6891 section 6.1.3
    using wire = layout<"edns", field<"type", &edns_fixed::type, 16, "41">,
                        field<"udp_size", &edns_fixed::udp_size, 16, "largest UDP payload of the sender">,
                        field<"upper_rcode", &edns_fixed::upper_rcode, 8, "upper bits of the response code">,
                        field<"version", &edns_fixed::version, 8, "of EDNS">,
                        field<"do", &edns_fixed::dnssec_ok, 1, "DNSSEC records are welcome">,
                        field<"z", &edns_fixed::z, 15, "must be 0">,
                        field<"length", &edns_fixed::length, 16, "bytes of options that follow">>;
    static_assert(wire::size == record_fixed::wire::size);
};

/// Before the data of an EDNS option.
struct option_fixed {
    std::uint16_t code = 0, length = 0;

    // RFC 6891 section 6.1.2
    using wire = layout<"edns_option", field<"code", &option_fixed::code, 16, "number of the option">,
                        field<"length", &option_fixed::length, 16, "bytes of data that follow">>;
    static_assert(wire::size == 4);
};

} // namespace weir::session::dns
