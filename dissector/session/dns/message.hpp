// A DNS message read as a whole: questions, records in presentation form, EDNS. Must give what was read
// before the first thing that is wrong, whatever the bytes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "session/dns/anomalies.hpp"
#include "session/dns/headers.hpp"
#include "session/dns/limits.hpp"

namespace weir::session::dns {

/// Characters in `message::text`.
struct text_range {
    std::size_t at = 0;
    std::size_t size = 0;
};

struct question {
    text_range name;
    question_fixed fixed;
};

struct record {
    text_range name;
    record_fixed fixed;
    text_range data;
    common::bytes_view raw; ///< the data in the bytes that were read
};

struct option {
    std::uint16_t code = 0;
    common::bytes_view data;
};

enum class section : std::uint8_t { answers, authorities, additionals };

/// Used again for message after message, with the memory it has grown.
struct message {
    header head;
    std::size_t size = 0; ///< bytes read
    std::vector<question> questions;
    std::vector<record> records;             ///< of all sections, without OPT
    std::array<std::size_t, 3> section_ends; ///< indices in `records`
    std::optional<edns_fixed> edns;
    std::vector<option> options; ///< point into the bytes that were read
    std::string text;

    struct problem {
        anomaly what;
        std::size_t offset; ///< in the message
    };
    anomaly_set found;
    std::vector<problem> problems; ///< each kind once, in order

    [[nodiscard]] std::string_view view(text_range r) const noexcept {
        return std::string_view(text).substr(r.at, r.size);
    }
    [[nodiscard]] std::uint16_t rcode() const noexcept {
        const unsigned upper = edns ? edns->upper_rcode : 0U;
        return static_cast<std::uint16_t>(upper << 4 | head.rcode);
    }
    void add(anomaly a, std::size_t offset) {
        if (found.add(a)) problems.push_back({a, offset});
    }
};

/// Reads `bytes`, which begin with a header; false, and nothing read, where they are shorter than that.
/// `is_cut`: bytes behind them were not seen, so that their end is no anomaly.
bool read_message(common::bytes_view bytes, bool is_cut, const limits& most, message& out);

/// How much a message looks like one, by its first bytes alone.
enum class likeness : std::uint8_t {
    no,
    unsure, ///< more bytes may tell
    yes,
};

/// `whole`: there is nothing behind `bytes`. Answers yes only for what no other protocol says: a header that
/// makes sense, and questions or records that are there as it says. Where a message is `expected`, the latter
/// suffices.
[[nodiscard]] likeness looks_like_message(common::bytes_view bytes, bool whole,
                                          bool expected = false) noexcept;

/// Whether a header makes sense: enough where a port says that a message is to be expected.
[[nodiscard]] bool is_plausible(const header& h) noexcept;

/// What is behind the questions of a message with this header; nothing where they are not all there.
[[nodiscard]] std::optional<std::size_t> end_of_questions(common::bytes_view bytes, const header& h) noexcept;

/// Whether two messages ask the same, whatever the case of letters (RFC 1035 section 2.3.3).
[[nodiscard]] bool ask_the_same(common::bytes_view a, common::bytes_view b) noexcept;

} // namespace weir::session::dns
