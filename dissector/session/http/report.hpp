// Builds the events of HTTP from messages and exchanges, in scratch memory that is reused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/stream.hpp"
#include "session/context.hpp"
#include "session/http/exchange.hpp"
#include "session/http/sse_parser.hpp"
#include "session/notes.hpp"
#include "session/place.hpp"

namespace weir::session::http {

class reporter {
public:
    explicit reporter(context& shared) noexcept
        : shared_(shared) {}

    /// http.request or http.response, where it is wanted; the head of `m` is complete.
    void head(const place& id, std::uint64_t exchange_number, const message& m, common::timestamp ts);
    /// Counts and reports the notes of `m`, and forgets them. `number`: nothing outside an exchange.
    void notes(const place& id, std::optional<std::uint64_t> number, flow::side from, message& m) {
        if (!m.notes.unreported.empty())
            report_notes(shared_, {id, "http", number, from}, m.notes.unreported);
    }
    /// http.body; the caller knows that it is wanted.
    void piece(const place& id, std::uint64_t number, flow::side from, std::uint64_t offset,
               std::string_view bytes, const position& where);
    /// http.sse; the caller knows that it is wanted.
    void server_event(const place& id, std::uint64_t exchange_number, std::uint64_t number,
                      const http::server_event& e, const position& where);
    /// http.exchange, over or given up at `now`; counted in any case.
    void over(const place& id, const exchange& e, common::timestamp now);

private:
    void request(event::http_request_message& out, const message& m, const place& id, bool over);
    void response(event::http_response_message& out, const message& m, bool over);
    template <class Message>
    void set_common(Message& out, const message& m, bool over);
    void make_room(std::size_t fields);
    [[nodiscard]] std::span<const event::header> headers(const message& m, std::size_t from, std::size_t to);
    [[nodiscard]] event::http_body body(const message& m, std::string& decoded);
    void set_form(event::http_request_message& out, const message& m);
    void set_url(event::http_request_message& out, const message& m, bool secure);

    context& shared_;
    event::http_exchange
        exchange_; ///< reused: clearing its 700 bytes anew for each would cost as much as filling it
    std::vector<event::header> headers_; ///< made large enough before use: spans into it stay valid
    std::size_t headers_used_ = 0;
    std::vector<event::http_informational> informational_;
    std::vector<event::http_form_field> form_fields_;
    std::vector<std::string_view> codes_;
    std::string url_;
    std::array<std::string, 2> decoded_; ///< bodies in UTF-8, of request and response
};

} // namespace weir::session::http
