// Puts the fragments of IP packets together (RFC 791 section 3.2, RFC 8200 section 4.5). Must give a whole
// packet only where each of its bytes was in a fragment, and must hold no more than its limits say.
//
// Where fragments overlap, the first copy of a byte counts; different bytes are an anomaly, for receivers
// disagree: Linux drops the packet (RFC 5722), others do not.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "flow/limits.hpp"
#include "protocol/packet.hpp"

namespace weir::flow {

class fragments {
public:
    fragments(const limits& l, const std::array<std::uint64_t, 2>& hash_key);
    ~fragments();

    /// The payload of a packet whose fragments are all there; points into what the next take() overwrites.
    struct whole {
        std::uint8_t ip_number = 0;
        common::bytes_view data;   ///< as far as it was captured without a gap
        std::uint32_t length = 0;  ///< bytes on the wire
        std::uint64_t packets = 0; ///< that it was carried in
    };
    struct outcome {
        std::optional<whole> made;
        std::optional<protocol::problem> wrong; ///< the fragment, or its packet, was given up
    };

    /// Takes the fragment of `p`, which came in `packets` packets (more than one where a tunnel fragments
    /// fragments). Precondition: p.fragment.
    [[nodiscard]] outcome take(const protocol::packet& p, common::timestamp now, std::uint64_t packets);

private:
    struct index;
    struct range {
        std::uint32_t from = 0;
        std::uint32_t to = 0;
    };
    /// What is known of one packet; kept for the next one when it is over.
    struct assembly {
        std::array<std::uint64_t, 6> key{};
        common::timestamp since;
        std::vector<std::uint8_t> bytes;
        std::vector<range> seen; ///< in order, apart from each other
        std::optional<std::uint32_t> length;
        std::uint32_t cut_at = 0; ///< what is behind it was not captured without a gap
        std::uint64_t packets = 0;
        std::uint8_t ip_number = 0;
    };
    using assemblies = std::list<assembly>;

    [[nodiscard]] assembly& assembly_of(const protocol::packet& p, common::timestamp now);
    [[nodiscard]] std::optional<protocol::problem> add(assembly& a, const protocol::ip_fragment_part& f);
    void give_up(assemblies::iterator which);
    void drop_old(common::timestamp now);

    const std::size_t most_packets_;
    const std::size_t most_bytes_;
    const common::nanoseconds patience_;
    std::unique_ptr<index> index_;
    assemblies held_;     ///< by their first fragment, oldest first
    assemblies finished_; ///< the one that take() answered last
    assemblies spare_;
    std::size_t bytes_ = 0; ///< held
};

} // namespace weir::flow
