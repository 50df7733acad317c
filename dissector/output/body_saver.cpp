#include "output/body_saver.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <unistd.h>

#include "common/ascii.hpp"

namespace weir::output {

namespace {

struct ending_row {
    std::string_view type; ///< lower case
    std::string_view ending;
};

constexpr std::array<ending_row, 47> endings{{
    {"text/html", ".html"},
    {"application/xhtml+xml", ".html"},
    {"text/plain", ".txt"},
    {"text/css", ".css"},
    {"text/csv", ".csv"},
    {"text/markdown", ".md"},
    {"text/xml", ".xml"},
    {"application/xml", ".xml"},
    {"application/json", ".json"},
    {"text/json", ".json"},
    {"application/x-ndjson", ".ndjson"},
    {"application/yaml", ".yaml"},
    {"text/javascript", ".js"},
    {"application/javascript", ".js"},
    {"application/x-javascript", ".js"},
    {"text/event-stream", ".txt"},
    {"application/x-www-form-urlencoded", ".txt"},
    {"application/pdf", ".pdf"},
    {"application/zip", ".zip"},
    {"application/gzip", ".gz"},
    {"application/x-gzip", ".gz"},
    {"application/x-tar", ".tar"},
    {"application/wasm", ".wasm"},
    {"image/png", ".png"},
    {"image/jpeg", ".jpg"},
    {"image/gif", ".gif"},
    {"image/webp", ".webp"},
    {"image/avif", ".avif"},
    {"image/bmp", ".bmp"},
    {"image/tiff", ".tiff"},
    {"image/svg+xml", ".svg"},
    {"image/x-icon", ".ico"},
    {"image/vnd.microsoft.icon", ".ico"},
    {"audio/mpeg", ".mp3"},
    {"audio/ogg", ".ogg"},
    {"audio/wav", ".wav"},
    {"audio/webm", ".webm"},
    {"video/mp4", ".mp4"},
    {"video/mpeg", ".mpeg"},
    {"video/ogg", ".ogv"},
    {"video/webm", ".webm"},
    {"video/mp2t", ".ts"},
    {"font/woff", ".woff"},
    {"application/font-woff", ".woff"},
    {"font/woff2", ".woff2"},
    {"font/ttf", ".ttf"},
    {"font/otf", ".otf"},
}};

/// The first field of that name, which is in lower case; empty where there is none.
std::string_view field(const event::header_object& headers, std::string_view name) noexcept {
    for (const event::header& h : headers.list)
        if (common::equals_ignoring_case(h.name, name)) return h.value;
    return {};
}

bool ends_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    return text.size() >= lower.size() &&
           common::equals_ignoring_case(text.substr(text.size() - lower.size()), lower);
}

} // namespace

std::string_view file_ending(std::string_view content_type) noexcept {
    const std::string_view type = common::trimmed(content_type.substr(0, content_type.find(';')));
    const auto* const known = std::find_if(endings.begin(), endings.end(), [&](const ending_row& r) {
        return common::equals_ignoring_case(type, r.type);
    });
    if (known != endings.end()) return known->ending;
    if (ends_ignoring_case(type, "+json")) return ".json";
    return ends_ignoring_case(type, "+xml") ? ".xml" : ".bin";
}

body_saver::body_saver(event::sink& next, saved_files& into, save_budget& budget, std::uint64_t largest,
                       std::function<void(const std::string&)> remark)
    : next_(next)
    , into_(into)
    , budget_(budget)
    , largest_(largest)
    , remark_(std::move(remark)) {}

event::mask body_saver::needs() {
    event::mask m;
    m.set(event::kind<event::http_exchange>());
    return m;
}

void body_saver::on_event(const event::any_event& e) {
    const auto* const exchange = e.get_if<event::http_exchange>();
    if (exchange == nullptr) return next_.on_event(e);
    event::http_exchange named = *exchange;
    if (named.request && named.request->body)
        save(*named.request->body, named.request->complete.value_or(false), named.request->headers,
             request_name_);
    if (named.response && named.response->body)
        save(*named.response->body, named.response->complete.value_or(false), named.response->headers,
             response_name_);
    next_.on_event(&named);
}

/// `name` holds what the event points to.
void body_saver::save(event::http_body& body, bool complete, const event::header_object& headers,
                      std::string& name) {
    using event::not_saved;
    if (complete && body.size == 0) return;
    const std::string_view bytes = body.content;
    if (!complete || body.sha256.empty()) {
        body.not_saved = not_saved::incomplete;
    } else if (body.is_content_cut || bytes.size() > largest_) {
        body.not_saved = bytes.size() < largest_ ? not_saved::limit : not_saved::too_large;
    } else if (failed_) {
        body.not_saved = not_saved::failed;
    } else {
        const std::string file = std::string(body.sha256).append(file_ending(field(headers, "content-type")));
        const bool is_known = made_.count(file) != 0;
        if (!is_known && (budget_.files == 0 || budget_.bytes < bytes.size())) {
            tell_limit(budget_.files == 0 ? "files" : "bytes");
            body.not_saved = not_saved::limit;
        } else if (!is_known && !write(file, bytes)) {
            body.not_saved = not_saved::failed;
        } else {
            name = "bodies/" + file;
            body.saved = name;
        }
    }
}

bool body_saver::write(const std::string& name, std::string_view bytes) {
    const int fd = into_.make(name);
    const bool is_made = fd >= 0;
    ssize_t n = is_made ? 0 : -1;
    for (std::string_view rest = bytes; n >= 0 && !rest.empty();) {
        n = ::write(fd, rest.data(), rest.size());
        if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
        if (n < 0 && errno == EINTR) n = 0;
    }
    const int why = errno;
    if (is_made) ::close(fd);
    if (n < 0) {
        failed_ = true;
        remark_("cannot save a body in " + into_.path() + ": " + std::strerror(why) +
                (is_made ? "; " + name + " is cut short" : "") + "; no further body is saved");
        return false;
    }
    --budget_.files;
    budget_.bytes -= bytes.size();
    made_.insert(name);
    return true;
}

void body_saver::tell_limit(std::string_view of) {
    if (!limit_told_)
        remark_("the limit of " + std::string(of) + " in " + into_.path() +
                " is reached; what follows is not saved");
    limit_told_ = true;
}

} // namespace weir::output
