// The server-sent events of one response: its content coding undone, then parsed as the bytes come. Pooled.
#pragma once

#include <limits>

#include "session/http/kept_body.hpp"
#include "session/http/message.hpp"
#include "session/http/sse_parser.hpp"
#include "session/http/text.hpp"

namespace weir::session::http {

class sse_stream final : private decoded_listener {
public:
    /// Whether the body of this response is such a stream.
    [[nodiscard]] static bool is_one(const message& response) noexcept {
        constexpr std::string_view type = "text/event-stream";
        if (!response.has(known_field::content_type)) return false;
        const std::string_view value = response.first_value(known_field::content_type);
        // Most types differ here already.
        if (value.size() < type.size() || to_lower(value[5]) != type[5]) return false;
        return starts_ignoring_case(value, type) &&
               (value.size() == type.size() || value[type.size()] == ';' || is_blank(value[type.size()]));
    }

    void open(message& response, const limits& most, std::uint64_t keep, const position& where,
              sse_listener& to);
    void feed(message& response, std::string_view bytes, const position& where);
    /// Bytes are missing here. What is coded cannot be read behind them.
    void interrupt(const position& where);
    void finish(const position& where);

    std::uint64_t number = 0; ///< of the last event

private:
    void on_decoded(std::string_view bytes, const position& where) override;

    sse_parser parser_;
    std::uint64_t room_ = std::numeric_limits<std::uint64_t>::max(); ///< what is decoded is bounded by `keep`
    kept_body decoded_{room_};
    std::vector<coding> codings_;
};

} // namespace weir::session::http
