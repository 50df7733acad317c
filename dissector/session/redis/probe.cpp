// How Redis is known by what both sides say first. An array of bulk strings whose first one names a command
// is enough; a line ("PING") is not: other protocols have the same words, so the answer has the last word.
#include <algorithm>
#include <array>

#include "common/ascii.hpp"
#include "session/redis/command_table.hpp"
#include "session/redis/redis.hpp"
#include "session/redis/shape.hpp"

namespace weir::session::redis {

namespace {

/// Answers that nobody but Redis gives to a line.
constexpr std::array<std::string_view, 10> own_errors{"ERR unknown command",
                                                      "ERR wrong number of arguments for",
                                                      "ERR Protocol error",
                                                      "NOAUTH ",
                                                      "WRONGPASS ",
                                                      "WRONGTYPE ",
                                                      "LOADING ",
                                                      "DENIED ",
                                                      "NOPERM ",
                                                      "MASTERDOWN "};

/// POP3 and others know these words, and say +OK to them.
bool is_common_word(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 3> words{"auth", "hello", "quit"};
    return std::any_of(words.begin(), words.end(),
                       [name](std::string_view w) { return common::equals_ignoring_case(name, w); });
}

bool is_own_error(const reply_shape& r) noexcept {
    return r.first == '-' && std::any_of(own_errors.begin(), own_errors.end(),
                                         [&](std::string_view e) { return r.line.starts_with(e); });
}

/// Whether `answer` is what Redis says to the line of `asked`.
likeness confirms(std::string_view asked, const command_shape& line, std::string_view answer) noexcept {
    if (answer.empty()) return likeness::unsure;
    const reply_shape r = shape_of_replies(answer);
    if (r.first == 0) return likeness::no;
    if (r.line.empty() && r.values == 0) return r.fits ? likeness::unsure : likeness::no;
    if (is_own_error(r)) return likeness::yes;
    if (!line.is_known) {
        const bool is_list = r.fits && std::string_view("*%~|").find(r.first) != std::string_view::npos;
        return is_list && r.values > 1 ? likeness::yes : likeness::no;
    }
    if (r.first == '+' && r.line == "PONG") return likeness::yes;
    if (r.first == '-') return likeness::unsure;
    if (r.first == '+' && !(r.line == "OK" || r.line == "QUEUED" || r.line == "RESET")) return likeness::no;
    if (r.first != '+') return r.fits ? likeness::yes : likeness::no;
    if (!is_common_word(line.name) || (r.fits && r.strings > 0)) return likeness::yes;
    // It may be the next line that nobody else says.
    const std::size_t lf = asked.find('\n');
    const command_shape next = shape_of_command(asked.substr(std::min(lf + 1, asked.size())));
    const bool is_sure = next.is_known && next.as_inline == likeness::yes && !is_common_word(next.name);
    return is_sure ? likeness::yes : likeness::unsure;
}

bool is_known_array(std::string_view said) noexcept {
    const command_shape s = shape_of_command(said);
    return s.as_array == likeness::yes && s.is_known;
}

/// One side as the one that sends commands.
likeness asks(const opening& o, side s) noexcept {
    const std::string_view said = o.said[index(s)], answer = o.said[index(other(s))];
    if (said.empty()) return likeness::no;
    const command_shape c = shape_of_command(said);
    if (c.as_array == likeness::unsure) return o.cut[index(s)] ? likeness::no : likeness::unsure;
    if (c.as_array == likeness::yes) {
        const bool is_answered = !answer.empty() && shape_of_replies(answer).fits;
        const bool may_ask = s == side::client || !o.aligned[index(s)] || is_answered;
        const bool is_first = s == side::client && o.aligned[index(s)];
        // A list of strings reads like a command that is not known.
        if (!c.is_known && !is_first && is_known_array(answer)) return likeness::no;
        return may_ask && (c.is_known || is_first || is_answered) ? likeness::yes : likeness::no;
    }
    const bool may_speak_first = s == side::client || !o.aligned[index(s)];
    if (!o.aligned[index(s)] && (!c.is_known || is_inside_array(said))) return likeness::no;
    if (!may_speak_first || c.as_inline == likeness::no) return likeness::no;
    if (c.as_inline == likeness::unsure)
        return answer.empty() && !o.cut[index(s)] ? likeness::unsure : likeness::no;
    return confirms(said, c, answer);
}

bool holds_known_command(std::string_view said) noexcept {
    if (is_known_array(said)) return true;
    const std::string_view behind = said.substr(1);
    return find_command(behind, false) < behind.size();
}

} // namespace

finding application::probe(const opening& o) const noexcept {
    finding f;
    for (const side s : {side::client, side::server}) {
        const likeness l = asks(o, s);
        if (l == likeness::unsure) f.what = verdict::unsure;
        if (l != likeness::yes) continue;
        f = {verdict::yes, s, {}};
        f.begins[index(s)] = true;
        f.begins[index(other(s))] = shape_of_replies(o.said[index(other(s))]).fits;
        return f;
    }
    if (f.what == verdict::unsure) return f;
    // The beginning is lost, and the rest of a command may stand before the next one.
    for (const side s : {side::client, side::server}) {
        const reply_shape r = shape_of_replies(o.said[index(other(s))]);
        if (o.aligned[index(s)] || !r.fits || r.values == 0) continue;
        if (find_command(o.said[index(s)], false) >= o.said[index(s)].size()) continue;
        f = {verdict::yes, s, {}};
        f.begins[index(other(s))] = true;
        return f;
    }
    for (const side s : {side::server, side::client}) {
        const std::string_view said = o.said[index(s)];
        const reply_shape r = shape_of_replies(said);
        if (!r.fits) continue;
        // The rest of a command and the next one read like replies, too.
        if (!o.aligned[index(s)] && holds_known_command(said)) return {verdict::yes, s, {}};
        if (!o.said[index(other(s))].empty()) continue;
        const bool may_be_command = shape_of_command(said).as_array == likeness::yes;
        // Replies alone: where the beginning of the other side is lost, they must say more than other
        // protocols could. Where it is not, it comes late, and says what they answer.
        if (!o.aligned[index(other(s))] && r.strings > 0 && r.values > 1 && !may_be_command) {
            f = {verdict::yes, other(s), {}};
            f.begins[index(s)] = true;
            return f;
        }
        const bool may_go_on = s == side::server || !o.aligned[index(s)];
        if (may_go_on && !o.cut[index(s)]) f.what = verdict::unsure;
    }
    return f;
}

} // namespace weir::session::redis
