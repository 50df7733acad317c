// What the tests of Redis share: commands as clients write them, and a conversation's events in short.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "tests/session/harness.hpp"

namespace weir::session::test {

/// A command as clients send it: an array of bulk strings.
inline std::string resp(std::initializer_list<std::string_view> words) {
    std::string text = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view w : words)
        text.append("$" + std::to_string(w.size()) + "\r\n").append(w).append("\r\n");
    return text;
}
inline std::string bulk(std::string_view text) {
    return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

using step = std::pair<side, std::string>;

/// `GET ["k"] = bulk_string "v"`, with what is special behind it.
inline std::string short_form(const json& e) {
    std::string text;
    if (e["event"] == "redis.push") return "push " + e["kind"].dump() + " " + e["args"].dump();
    if (e["event"] == "anomaly") return "anomaly " + e["code"].get<std::string>();
    text = e.contains("name") ? e["name"].get<std::string>() : "?";
    text += " " + e.value("args", json()).dump();
    if (e.contains("reply")) {
        const json& r = e["reply"];
        text += " = " + r["type"].get<std::string>() + " " + r.value("value", json()).dump();
        if (r.contains("attributes")) text += " attributes " + r["attributes"].dump();
        if (r.contains("truncated")) text += " (truncated)";
    }
    for (const char* flag : {"pipelined", "blocking", "truncated"})
        if (e.contains(flag)) text += std::string(" ") + flag;
    for (const char* member : {"replies", "rdb", "ended"})
        if (e.contains(member)) text += std::string(" ") + member + " " + e[member].dump();
    if (e.contains("missing")) text += " missing";
    if (e.contains("complete")) text += " incomplete";
    for (const std::string& code : codes(e)) text += " " + code;
    return text;
}

inline std::vector<std::string> short_forms(const wire& w) {
    std::vector<std::string> all;
    for (const json& e : w.events())
        if (e["event"] != "anomaly") all.push_back(short_form(e));
    return all;
}

struct redis_case {
    std::string name;
    std::vector<step> steps;
    std::vector<std::string> expected;
};

/// Conversations with what they must say.
std::vector<redis_case> redis_cases();

} // namespace weir::session::test
