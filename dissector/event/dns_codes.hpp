// Names of DNS's numbers, as IANA registers them (domain name system parameters): open enumerations, whose
// unknown numbers are written as RFC 3597 does.
#pragma once

#include <array>

#include "event/code.hpp"

namespace weir::event {

struct dns_types {
    static constexpr std::string_view unknown = "TYPE";
    static constexpr auto table = std::to_array<named_code>({
        {1, "A"},           {2, "NS"},         {3, "MD"},        {4, "MF"},       {5, "CNAME"},
        {6, "SOA"},         {7, "MB"},         {8, "MG"},        {9, "MR"},       {10, "NULL"},
        {11, "WKS"},        {12, "PTR"},       {13, "HINFO"},    {14, "MINFO"},   {15, "MX"},
        {16, "TXT"},        {17, "RP"},        {18, "AFSDB"},    {19, "X25"},     {20, "ISDN"},
        {21, "RT"},         {22, "NSAP"},      {23, "NSAP-PTR"}, {24, "SIG"},     {25, "KEY"},
        {26, "PX"},         {27, "GPOS"},      {28, "AAAA"},     {29, "LOC"},     {30, "NXT"},
        {31, "EID"},        {32, "NIMLOC"},    {33, "SRV"},      {34, "ATMA"},    {35, "NAPTR"},
        {36, "KX"},         {37, "CERT"},      {38, "A6"},       {39, "DNAME"},   {40, "SINK"},
        {41, "OPT"},        {42, "APL"},       {43, "DS"},       {44, "SSHFP"},   {45, "IPSECKEY"},
        {46, "RRSIG"},      {47, "NSEC"},      {48, "DNSKEY"},   {49, "DHCID"},   {50, "NSEC3"},
        {51, "NSEC3PARAM"}, {52, "TLSA"},      {53, "SMIMEA"},   {55, "HIP"},     {56, "NINFO"},
        {57, "RKEY"},       {58, "TALINK"},    {59, "CDS"},      {60, "CDNSKEY"}, {61, "OPENPGPKEY"},
        {62, "CSYNC"},      {63, "ZONEMD"},    {64, "SVCB"},     {65, "HTTPS"},   {99, "SPF"},
        {100, "UINFO"},     {101, "UID"},      {102, "GID"},     {103, "UNSPEC"}, {104, "NID"},
        {105, "L32"},       {106, "L64"},      {107, "LP"},      {108, "EUI48"},  {109, "EUI64"},
        {249, "TKEY"},      {250, "TSIG"},     {251, "IXFR"},    {252, "AXFR"},   {253, "MAILB"},
        {254, "MAILA"},     {255, "ANY"},      {256, "URI"},     {257, "CAA"},    {258, "AVC"},
        {259, "DOA"},       {260, "AMTRELAY"}, {261, "RESINFO"}, {262, "WALLET"}, {32768, "TA"},
        {32769, "DLV"},
    });
};

struct dns_classes {
    static constexpr std::string_view unknown = "CLASS";
    static constexpr auto table = std::to_array<named_code>({
        {1, "IN"},
        {3, "CH"},
        {4, "HS"},
        {254, "NONE"},
        {255, "ANY"},
    });
};

/// RCODE of the header and, above 15, with the upper bits of EDNS (RFC 6891 section 6.1.3).
struct dns_rcodes {
    static constexpr std::string_view unknown = "RCODE";
    static constexpr auto table = std::to_array<named_code>({
        {0, "NOERROR"},  {1, "FORMERR"},    {2, "SERVFAIL"}, {3, "NXDOMAIN"},  {4, "NOTIMP"},
        {5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
        {10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADVERS"}, {17, "BADKEY"},   {18, "BADTIME"},
        {19, "BADMODE"}, {20, "BADNAME"},   {21, "BADALG"},  {22, "BADTRUNC"}, {23, "BADCOOKIE"},
    });
};

struct dns_opcodes {
    static constexpr std::string_view unknown = "opcode";
    static constexpr auto table = std::to_array<named_code>({
        {0, "query"},
        {1, "iquery"},
        {2, "status"},
        {4, "notify"},
        {5, "update"},
        {6, "dso"},
    });
};

/// EDNS options, by the names that dig prints.
struct dns_options {
    static constexpr std::string_view unknown = "OPT";
    static constexpr auto table = std::to_array<named_code>({
        {1, "LLQ"},
        {2, "UL"},
        {3, "NSID"},
        {5, "DAU"},
        {6, "DHU"},
        {7, "N3U"},
        {8, "CLIENT-SUBNET"},
        {9, "EXPIRE"},
        {10, "COOKIE"},
        {11, "TCP-KEEPALIVE"},
        {12, "PAD"},
        {13, "CHAIN"},
        {14, "KEY-TAG"},
        {15, "EDE"},
        {16, "CLIENT-TAG"},
        {17, "SERVER-TAG"},
        {18, "REPORT-CHANNEL"},
    });
};

} // namespace weir::event
