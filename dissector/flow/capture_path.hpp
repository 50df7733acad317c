// What flow knows of how packets came to it: the names of the interfaces, and when the kernel lost packets on
// them. It comes from the capture stream itself; nothing here asks the system.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/timestamp.hpp"

namespace weir::flow {

/// Where and when the capture saw a packet.
struct sighting {
    common::timestamp ts;
    std::uint64_t packet = 0;         ///< its number in the capture, from 1
    std::uint32_t interface = 0;      ///< as capture_path::interface() numbers them
    std::uint32_t link_interface = 0; ///< as the link header numbers them; 0: it does not

    [[nodiscard]] bool at_same_place(const sighting& other) const noexcept {
        return interface == other.interface && link_interface == other.link_interface;
    }
};

class capture_path {
public:
    /// The number of the interface with this name; the same name has the same number, also in a stream that
    /// follows another one. An empty name is that of a format that knows none.
    std::uint32_t interface(std::string_view name);

    /// The interface's name where the capture has several; nothing where it does not tell packets apart.
    [[nodiscard]] std::string_view name(std::uint32_t interface) const noexcept;

    /// Statistics of an interface at `ts`: packets that its kernel dropped since its stream began.
    void statistics(std::uint32_t interface, common::timestamp ts, std::uint64_t dropped);

    /// Packets of an interface were lost up to `to`, and since `from` where there was a packet then, whatever
    /// its statistics say.
    void lost(std::uint32_t interface, std::optional<common::timestamp> from, common::timestamp to);

    /// The counters of the kernel begin at zero again: another stream follows.
    void restart() noexcept;

    /// Whether statistics say that the kernel dropped packets of this interface at some time in [from, to].
    [[nodiscard]] bool dropped(std::uint32_t interface, common::timestamp from,
                               common::timestamp to) const noexcept;

private:
    /// Statistics come once a second: so many windows reach back further than any hole is open. An older
    /// window is forgotten.
    static constexpr std::size_t windows_kept = 64;

    /// Between two statistics of the interface that show a growing counter.
    struct window {
        common::timestamp from;
        common::timestamp to;
    };
    struct counter {
        void add_window(common::timestamp from, common::timestamp to);
        std::string_view name;
        std::optional<common::timestamp> last; ///< of its statistics
        std::uint64_t dropped = 0;
        std::deque<window> windows;
    };

    std::map<std::string, std::uint32_t, std::less<>> numbers_; ///< never shrinks: names are handed out
    std::deque<counter> interfaces_;                            ///< by number
};

} // namespace weir::flow
