// How a session opens another one on a stream that it makes: a tunnel, an Upgrade, decrypted records. What is
// inside is detected anew.
#pragma once

#include <string_view>

#include "session/place.hpp"
#include "session/position.hpp"
#include "session/upgrade.hpp"

namespace weir::session {

/// What the outer session knows of the inner stream; hints only.
struct inner_stream {
    bool secure = false; ///< it was encrypted
    std::string_view hint =
        {}; ///< an ALPN name or an Upgrade token, in lower case; lives during the call only
    const upgrade* by = nullptr; ///< by which HTTP led to it; who is announced by the hint may begin at once
};

class inner_source {
public:
    inner_source() = default;
    inner_source(const inner_source&) = delete;
    inner_source& operator=(const inner_source&) = delete;
    virtual ~inner_source() = default;

    /// A consumer of the streams inside the session at `outer`, both seen from their first byte on. Null
    /// where sessions are nested too deeply, which is reported. Offsets are those that the outer session
    /// gives: in the connection's streams, where nothing was added to the bytes.
    [[nodiscard]] virtual flow::stream_consumer* open(const place& outer, const inner_stream& what,
                                                      const position& where) = 0;
    virtual void release(flow::stream_consumer* inner) noexcept = 0;
};

} // namespace weir::session
