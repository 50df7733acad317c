#include "output/stream_saver.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace weir::output {

namespace {

/// No line of NAME.holes is longer.
constexpr std::uint64_t longest_note = 256;
/// A stream and its holes.
constexpr std::uint64_t files_of_stream = 2;

std::string file_part(const event::endpoint& e) {
    std::string text = common::to_string(e.ip) + '.' + std::to_string(e.port);
    std::replace(text.begin(), text.end(), ':', '_');
    return text;
}

std::string part_name(const std::string& name, unsigned part) {
    return part > 1 ? name + '.' + std::to_string(part) : name;
}

} // namespace

stream_saver::stream_saver(saved_files& into, save_budget& budget, std::size_t open_at_once,
                           std::function<void(const std::string&)> remark)
    : into_(into)
    , budget_(budget)
    , open_at_once_(open_at_once)
    , remark_(std::move(remark)) {}

stream_saver::~stream_saver() {
    for (auto& [key, s] : streams_) close(s);
}

event::mask stream_saver::needs() {
    event::mask m;
    m.set(event::kind<event::tcp_data>());
    m.set(event::kind<event::tcp_close>());
    return m;
}

void stream_saver::on_event(const event::any_event& e) {
    if (const auto* const data = e.get_if<event::tcp_data>()) return save(*data);
    const auto* const over = e.get_if<event::tcp_close>();
    if (over == nullptr) return;
    for (const bool from_low : {false, true}) {
        const auto known = streams_.find(key_of(over->connection.conn, from_low));
        if (known == streams_.end()) continue;
        close(known->second);
        streams_.erase(known);
    }
}

void stream_saver::save(const event::tcp_data& d) {
    const bool from_client = d.side == event::side::client;
    const event::endpoint& from = from_client ? d.connection.client : d.connection.server;
    const event::endpoint& to = from_client ? d.connection.server : d.connection.client;
    const bool from_low = std::tie(from.ip, from.port) < std::tie(to.ip, to.port); // roles may change
    const std::uint64_t key = key_of(d.connection.conn, from_low);
    stream& s = streams_[key];
    if (s.name.empty())
        s.name = std::to_string(d.connection.conn) + '-' + file_part(from) + '-' + file_part(to);
    if (failed_ || s.cut) return;
    s.next = d.offset;
    if (!reopen(key, s)) return;
    if (d.missing) {
        if (budget_.bytes < longest_note) return cut(s);
        note(s, "\"missing\":" + std::to_string(*d.missing) + ",\"cause\":\"" +
                    std::string(event::word(*d.cause)) + '"');
        s.next += *d.missing;
        return;
    }
    const std::string_view now = d.data.bytes.substr(0, budget_.bytes);
    budget_.bytes -= now.size();
    if (!put(s.data, now)) return;
    s.size += now.size();
    s.next += now.size();
    if (now.size() < d.data.bytes.size()) cut(s);
}

/// A descriptor for it, if it has none. What its end may need is set aside.
bool stream_saver::reopen(std::uint64_t key, stream& s) {
    if (s.data >= 0) {
        open_.splice(open_.end(), open_, s.open);
        return true;
    }
    if (budget_.files < files_of_stream || budget_.bytes < 2 * longest_note) {
        s.cut = true;
        tell_limit(budget_.files < files_of_stream ? "files" : "bytes");
        return false;
    }
    if (open_.size() >= open_at_once_) end_file(streams_.at(open_.front()), "descriptors");
    const std::string before = part_name(s.name, s.parts);
    s.data = into_.make(part_name(s.name, ++s.parts));
    if (s.data < 0) return fail(s.name);
    s.open = open_.insert(open_.end(), key);
    s.size = 0;
    s.reserved = true;
    budget_.files -= files_of_stream;
    budget_.bytes -= longest_note;
    if (s.parts > 1) note(s, "\"continues\":\"" + before + '"');
    return true;
}

void stream_saver::close(stream& s) {
    if (s.data < 0) return;
    ::close(s.data);
    if (s.holes >= 0)
        ::close(s.holes);
    else
        ++budget_.files;
    if (s.reserved) budget_.bytes += longest_note;
    s.reserved = false;
    s.data = s.holes = -1;
    open_.erase(s.open);
}

/// Its file ends here, though the stream may go on.
void stream_saver::end_file(stream& s, std::string_view why) {
    budget_.bytes += longest_note; // set aside for this
    s.reserved = false;
    note(s, "\"ends\":\"" + std::string(why) + '"');
    close(s);
}

/// Nothing more of it is saved: the budget is used up.
void stream_saver::cut(stream& s) {
    end_file(s, "bytes");
    s.cut = true;
    tell_limit("bytes");
}

void stream_saver::tell_limit(std::string_view of) {
    if (!limit_told_)
        remark_("the limit of " + std::string(of) + " in " + into_.path() +
                " is reached; what follows is not saved");
    limit_told_ = true;
}

/// A line of its holes: where in the file, and in the stream.
void stream_saver::note(stream& s, const std::string& members) {
    if (s.holes < 0) s.holes = into_.make(part_name(s.name, s.parts) + ".holes");
    if (s.holes < 0) {
        (void)fail(s.name);
        return;
    }
    const std::string line =
        "{\"at\":" + std::to_string(s.size) + ",\"offset\":" + std::to_string(s.next) + ',' + members + "}\n";
    common::check(line.size() <= longest_note && line.size() <= budget_.bytes,
                  "a note fits what was set aside");
    budget_.bytes -= line.size();
    (void)put(s.holes, line);
}

bool stream_saver::put(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail("a stream");
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

bool stream_saver::fail(const std::string& what) {
    if (!failed_)
        remark_("cannot save " + what + " in " + into_.path() + ": " + std::strerror(errno) +
                "; no further stream is saved");
    failed_ = true;
    return false;
}

} // namespace weir::output
