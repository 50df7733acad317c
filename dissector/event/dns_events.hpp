// Events about DNS (RFC 1035, 6891; mDNS RFC 6762, LLMNR RFC 4795).
#pragma once

#include "event/connection.hpp"
#include "event/dns_codes.hpp"
#include "event/form.hpp"
#include "event/loss.hpp"

namespace weir::event {

enum class dns_transport : std::uint8_t { udp, tcp, tls };
template <>
struct words<dns_transport> {
    static constexpr std::array<std::string_view, 3> names{"udp", "tcp", "tls"};
};

struct dns_question {
    wire name;
    code<dns_types> type;
    code<dns_classes> qclass;
    bool unicast_response = false;

    static constexpr auto fields() {
        return std::tuple{
            field{"name", &dns_question::name,
                  "presentation form (RFC 1035 section 5.1), case as sent, without the final dot"},
            field{"type", &dns_question::type, "record type"},
            field{"class", &dns_question::qclass, "class; in mDNS without its top bit"},
            field{"unicast_response", &dns_question::unicast_response,
                  "in mDNS: the answer is asked to come by unicast (RFC 6762 section 5.4)",
                  leave_out::when_empty},
        };
    }
};

struct dns_record {
    wire name;
    code<dns_types> type;
    code<dns_classes> rclass;
    bool cache_flush = false;
    std::uint32_t ttl = 0;
    wire data;

    static constexpr auto fields() {
        return std::tuple{
            field{"name", &dns_record::name, "owner, as the name of a question"},
            field{"type", &dns_record::type, "record type"},
            field{"class", &dns_record::rclass, "class; in mDNS without its top bit"},
            field{"cache_flush", &dns_record::cache_flush,
                  "in mDNS: it replaces what was known of this name (RFC 6762 section 10.2)",
                  leave_out::when_empty},
            field{"ttl", &dns_record::ttl, "seconds it may be kept"},
            field{"data", &dns_record::data,
                  "presentation form as dig prints it, RFC 3597 for types without one"},
        };
    }
};

struct dns_option {
    std::uint32_t code = 0;
    std::string_view name;
    wire text;
    wire data;

    static constexpr auto fields() {
        return std::tuple{
            field{"code", &dns_option::code, "number of the option"},
            field{"name", &dns_option::name, "its name, where it has one", leave_out::when_empty},
            field{"text", &dns_option::text, "readable form, for options that have one",
                  leave_out::when_empty},
            field{"data", &dns_option::data, "its bytes"},
        };
    }
};

struct dns_edns {
    std::uint32_t udp_size = 0;
    std::uint32_t version = 0;
    std::span<const std::string_view> flags;
    std::span<const dns_option> options;

    static constexpr auto fields() {
        return std::tuple{
            field{"udp_size", &dns_edns::udp_size, "largest UDP payload that the sender can take, bytes"},
            field{"version", &dns_edns::version, "of EDNS, 0"},
            field{"flags", &dns_edns::flags, "do", leave_out::when_empty},
            field{"options", &dns_edns::options, "in wire order", leave_out::when_empty},
        };
    }
};

inline constexpr std::string_view dns_flags_description = "in wire order from aa tc rd ra ad cd z";

/// What a query says besides its questions.
struct dns_query {
    std::span<const std::string_view> flags;
    std::optional<dns_edns> edns;
    std::span<const dns_record> answers;
    std::span<const dns_record> authorities;
    std::span<const dns_record> additionals;
    std::uint64_t size = 0;

    static constexpr auto fields() {
        return std::tuple{
            field{"flags", &dns_query::flags, dns_flags_description},
            field{"edns", &dns_query::edns, "the OPT record (RFC 6891)"},
            field{"answers", &dns_query::answers, "known answers of mDNS, prerequisites of an update",
                  leave_out::when_empty},
            field{"authorities", &dns_query::authorities, "probes of mDNS, changes of an update",
                  leave_out::when_empty},
            field{"additionals", &dns_query::additionals, "without OPT", leave_out::when_empty},
            field{"size", &dns_query::size, "bytes of the message on the wire"},
        };
    }
};

struct dns_response {
    code<dns_rcodes> rcode;
    std::span<const std::string_view> flags;
    std::optional<dns_edns> edns;
    std::span<const dns_record> answers;
    std::span<const dns_record> authorities;
    std::span<const dns_record> additionals;
    std::uint64_t size = 0;

    static constexpr auto fields() {
        return std::tuple{
            field{"rcode", &dns_response::rcode, "with the upper bits of EDNS"},
            field{"flags", &dns_response::flags, dns_flags_description},
            field{"edns", &dns_response::edns, "the OPT record (RFC 6891)"},
            field{"answers", &dns_response::answers, "in wire order", leave_out::when_empty},
            field{"authorities", &dns_response::authorities, "in wire order", leave_out::when_empty},
            field{"additionals", &dns_response::additionals, "in wire order, without OPT",
                  leave_out::when_empty},
            field{"size", &dns_response::size, "bytes of the message on the wire"},
        };
    }
};

struct dns_timing {
    std::optional<common::nanoseconds> wait;
    std::optional<common::nanoseconds> unanswered;

    static constexpr auto fields() {
        return std::tuple{
            field{"wait", &dns_timing::wait, "(first) query to response"},
            field{"unanswered", &dns_timing::unanswered,
                  "without a response: (first) query to when the exchange was given up"},
        };
    }
};

enum class dns_part : std::uint8_t { query, response };
template <>
struct words<dns_part> {
    static constexpr std::array<std::string_view, 2> names{"query", "response"};
};

struct dns_missing {
    std::optional<std::uint64_t> query;
    std::optional<std::uint64_t> response;
    std::optional<dns_part> lost;
    missing_cause cause = missing_cause::not_captured;

    static constexpr auto fields() {
        return std::tuple{
            field{"query", &dns_missing::query, "bytes of the query that were not seen"},
            field{"response", &dns_missing::response, "bytes of the response that were not seen"},
            field{"lost", &dns_missing::lost,
                  "bytes of the stream were not seen, and this message may have been among them"},
            field{"cause", &dns_missing::cause, "as in http.exchange"},
        };
    }
};

struct dns_exchange {
    static constexpr std::string_view name = "dns.exchange";
    static constexpr std::string_view when =
        "A DNS response came, or a query was not answered: for 10 s, or to the end of its conversation.";
    static constexpr audience seen = audience::everybody;

    common::timestamp ts;
    connection_ref connection;
    std::uint64_t exchange = 0;
    dns_transport transport = dns_transport::udp;
    std::uint32_t id = 0;
    code<dns_opcodes> opcode;
    std::span<const dns_question> questions;
    std::optional<dns_query> query;
    std::optional<dns_response> response;
    std::optional<std::uint64_t> queries;
    std::optional<std::uint64_t> part;
    bool late = false;
    bool repeated = false;
    dns_timing timing;
    std::optional<bool> complete;
    std::optional<ending> ended;
    std::optional<dns_missing> missing;
    std::span<const std::string_view> anomalies;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &dns_exchange::ts, "packet of the query; of the response where `query` is absent"},
            field{"", &dns_exchange::connection, ""},
            field{"exchange", &dns_exchange::exchange, "number of the exchange in its connection, from 1"},
            field{"transport", &dns_exchange::transport, "what carried it"},
            field{"id", &dns_exchange::id, "of the message"},
            field{"opcode", &dns_exchange::opcode, "kind of query"},
            field{"questions", &dns_exchange::questions,
                  "of the query; of the response where `query` is absent"},
            field{"query", &dns_exchange::query,
                  "absent when it was never seen, or stands in an earlier event of the same exchange"},
            field{"response", &dns_exchange::response, "absent when none came"},
            field{"queries", &dns_exchange::queries, "how often it was asked, where more than once"},
            field{"part", &dns_exchange::part,
                  "of a zone transfer in several messages: which response this is, from 2"},
            field{"late", &dns_exchange::late,
                  "the response came after the query had been reported as unanswered", leave_out::when_empty},
            field{"repeated", &dns_exchange::repeated, "another response to the same query came before",
                  leave_out::when_empty},
            field{"timing", &dns_exchange::timing, "durations in seconds"},
            field{"complete", &dns_exchange::complete, "false where the exchange did not end well"},
            field{"ended", &dns_exchange::ended, ending_description},
            field{"missing", &dns_exchange::missing, "bytes that were not seen, and why"},
            field{"anomalies", &dns_exchange::anomalies, "codes of what was malformed or ambiguous",
                  leave_out::when_empty},
        };
    }
};

} // namespace weir::event
