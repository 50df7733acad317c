// Forms in requests: what is told of them, whole, cut at every byte, truncated at every byte, with holes, at
// their limits.
#include <gtest/gtest.h>

#include "session/http/form.hpp"
#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

constexpr options with_bodies{.bodies = true};
constexpr std::string_view urlencoded = "application/x-www-form-urlencoded";
constexpr std::string_view multipart = "multipart/form-data; boundary=\"x;y\"";
constexpr std::string_view answer = "HTTP/1.1 204 No Content\r\n\r\n";

std::string head_of(std::string_view type, std::size_t size) {
    return "POST /f HTTP/1.1\r\nHost: h\r\nContent-Type: " + std::string(type) +
           "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

json told(std::string_view type, std::string_view body, limits most = {}) {
    wire w(with_bodies, most);
    w.client(head_of(type, body.size()) + std::string(body));
    w.server(answer);
    return w.exchanges().at(0);
}

std::string form_of(std::string_view type, std::string_view body) {
    const json e = told(type, body);
    return e["request"].contains("form") ? e["request"]["form"].dump() : "none";
}

std::string part(std::string_view disposition, std::string_view content, std::string_view more = "") {
    return "--x;y\r\nContent-Disposition: form-data" + std::string(disposition) + "\r\n" + std::string(more) +
           "\r\n" + std::string(content) + "\r\n";
}

struct form_case {
    std::string_view name;
    std::string_view type;
    std::string body;
    std::string form;
    std::vector<std::string> codes = {};
};

const std::vector<std::string> invalid{"http.form_invalid"};

std::vector<form_case> cases() {
    using namespace std::string_literals;
    return {
        {"pairs", urlencoded, "a=1&b=two+words&c=%41%2Bc&d&=e&&f==g",
         R"({"fields":[{"name":"a","size":1,"value":"1"},{"name":"b","size":9,"value":"two words"},)"
         R"({"name":"c","size":3,"value":"A+c"},{"name":"d","size":0,"value":""},)"
         R"({"name":"","size":1,"value":"e"},{"name":"f","size":2,"value":"=g"}]})"},
        {"parameters and case of the type", "Application/X-WWW-Form-Urlencoded; charset=utf-8", "a=1",
         R"({"fields":[{"name":"a","size":1,"value":"1"}]})"},
        {"bytes", urlencoded, "n%ff=%00%e4&u=%c3%a4",
         R"({"fields":[{"name":{"base64":"bv8="},"size":2,"value":{"base64":"AOQ="}},)"
         "{\"name\":\"u\",\"size\":2,\"value\":\"\xc3\xa4\"}]}"},
        {"no escapes", urlencoded, "a%=%zz%4&b=%%41%",
         R"({"fields":[{"name":"a%","size":5,"value":"%zz%4"},{"name":"b","size":3,"value":"%A%"}]})",
         invalid},
        {"parts", multipart,
         part("; name=\"a\"", "one") + part("; name=b", "") +
             part("; name=\"f\"; filename=\"C:\\x\\\"y;z.png\"", "\x89PNG\r\n--x;",
                  "Content-Type: image/png\r\n") +
             "--x;y--\r\nepilogue",
         R"({"fields":[{"name":"a","size":3,"value":"one"},{"name":"b","size":0,"value":""},)"
         R"({"content_type":"image/png","file_name":"C:\\x\"y;z.png","name":"f","size":10}]})"},
        {"a preamble, padding, delimiters that are none", multipart,
         "preamble\r\n--x;y \t\r\nContent-Disposition: form-data; "
         "name=a\r\n\r\n\r\r\n--x;yz\r\n--x;y-\r\n--x;y \r \r\n--x\r\n--x;y--",
         R"({"fields":[{"name":"a","size":32,"value":"\r\r\n--x;yz\r\n--x;y-\r\n--x;y \r \r\n--x"}]})"},
        {"a CR before a delimiter that was none", multipart,
         part("; name=a", "\r\n--x;y\r\r\n--x;y\r") + "--x;y--\r\n",
         R"({"fields":[{"name":"a","size":16,"value":"\r\n--x;y\r\r\n--x;y\r"}]})"},
        {"nothing", multipart, "--x;y--\r\n", R"({"fields":[]})"},
        {"folded and unknown fields of a part", multipart,
         part("; name=a", "1", "X: y\r\n z\r\nContent-Transfer-Encoding: 8bit\r\n") + "--x;y--\r\n",
         R"({"fields":[{"name":"a","size":1,"value":"1"}]})"},
        {"no content, not even its line end", multipart,
         "--x;y\r\nContent-Disposition: form-data; name=a\r\n\r\n--x;y--\r\n",
         R"({"fields":[{"name":"a","size":0,"value":""}]})"},
        {"a file named by RFC 5987", multipart,
         part("; name=a; filename*=UTF-8''%e2%82%ac", "123") + "--x;y--\r\n",
         R"({"fields":[{"file_name":"UTF-8''%e2%82%ac","name":"a","size":3}]})"},
        {"no name", multipart,
         "--x;y\r\n\r\n1\r\n--x;y\r\nContent-Disposition: form-data\r\n\r\n2\r\n--x;y--\r\n",
         R"({"fields":[{"name":"","size":1,"value":"1"},{"name":"","size":1,"value":"2"}]})", invalid},
        {"an open quote", multipart, part("; name=\"a; filename=b", "1") + "--x;y--\r\n",
         R"({"fields":[{"name":"a; filename=b","size":1,"value":"1"}]})", invalid},
        {"no last delimiter", multipart, part("; name=a", "1"),
         R"({"fields":[{"name":"a","size":3,"value":"1\r\n"}]})", invalid},
        {"a head cut by the next part", multipart,
         "--x;y\r\nContent-Disposition: form-data; name=a\r\n--x;y--\r\n",
         R"({"fields":[{"name":"a","size":0,"value":""}]})", invalid},
        {"no boundary named", "multipart/form-data", "--x\r\n", R"({"fields":[]})", invalid},
        {"no boundary found", multipart, "a=1&b=2", R"({"fields":[]})", invalid},
        {"another type", "text/plain", "a=1", "none"},
        {"a type that begins so", "multipart/form-data-x; boundary=x", "a=1", "none"},
    };
}

TEST(form, is_told) {
    for (const form_case& c : cases()) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(form_of(c.type, c.body), c.form == "none" ? c.form : json::parse(c.form).dump());
        EXPECT_EQ(codes(told(c.type, c.body)), c.codes);
    }
}

TEST(form, is_the_same_however_it_is_cut) {
    for (const form_case& c : cases()) {
        SCOPED_TRACE(c.name);
        const std::string expected = told(c.type, c.body)["request"].dump();
        for (std::size_t cut = 1; cut < c.body.size(); ++cut) {
            wire w(with_bodies);
            w.client(head_of(c.type, c.body.size()));
            w.client(std::string_view(c.body).substr(0, cut));
            w.client(std::string_view(c.body).substr(cut));
            w.server(answer);
            EXPECT_EQ(w.exchanges().at(0)["request"].dump(), expected) << cut;
        }
        wire w(with_bodies);
        w.client(head_of(c.type, c.body.size()));
        for (const char& byte : c.body) w.client({&byte, 1});
        w.server(answer);
        EXPECT_EQ(w.exchanges().at(0)["request"].dump(), expected) << "byte by byte";
    }
}

/// The fields of a form that was cut are those of the whole, the last perhaps in part.
void expect_prefix(const json& cut, const json& whole) {
    ASSERT_LE(cut["fields"].size(), whole["fields"].size());
    for (std::size_t i = 0; i < cut["fields"].size(); ++i) {
        json field = cut["fields"][i];
        const json& expected = whole["fields"][i];
        if (field.erase("truncated") == 0) {
            EXPECT_EQ(field, expected);
            continue;
        }
        EXPECT_EQ(i + 1, cut["fields"].size()) << "only the last one is cut";
        EXPECT_LE(field["size"], expected["size"]);
    }
}

TEST(form, that_ends_early_is_a_prefix_and_says_so) {
    for (const form_case& c : cases()) {
        if (c.form == "none") continue;
        SCOPED_TRACE(c.name);
        const json whole = told(c.type, c.body)["request"]["form"];
        for (std::size_t size = 1; size < c.body.size(); ++size) {
            SCOPED_TRACE(size);
            wire w(with_bodies);
            w.client(head_of(c.type, c.body.size()) + c.body.substr(0, size));
            w.close(event::close_reason::end_of_capture);
            const json request = w.exchanges().at(0)["request"];
            EXPECT_EQ(request["complete"], false);
            const std::size_t last = c.body.find("--x;y--");
            const bool is_over = c.type == multipart && last != std::string::npos && size >= last + 7;
            const bool is_read = c.type != "multipart/form-data"; // which has no boundary
            EXPECT_EQ(request["form"].value("truncated", false), is_read && !is_over) << request.dump();
            expect_prefix(request["form"], whole);
        }
    }
}

TEST(form, ends_at_a_hole) {
    const std::string body = "a=1&b=22222&c=3";
    wire w(with_bodies);
    w.client(head_of(urlencoded, body.size()) + body.substr(0, 8));
    w.lose(side::client, 2);
    w.client(std::string_view(body).substr(10));
    w.server(answer);
    const json e = w.exchanges().at(0);
    EXPECT_EQ(
        e["request"]["form"].dump(),
        R"({"fields":[{"name":"a","size":1,"value":"1"},{"name":"b","size":2,"truncated":true,"value":"22"}],)"
        R"("truncated":true})");
    EXPECT_FALSE(e.contains("anomalies"));
}

TEST(form, has_no_more_fields_than_the_limit) {
    limits most;
    most.of<http::application>().form_fields = 2;
    const std::string parts =
        part("; name=a", "1") + part("; name=b", "2") + part("; name=c", "3") + "--x;y--";
    for (const auto& [type, body] :
         {std::pair(urlencoded, std::string("a=1&b=2&c=3")), std::pair(multipart, parts)}) {
        const json e = told(type, body, most);
        EXPECT_EQ(
            e["request"]["form"].dump(),
            R"({"fields":[{"name":"a","size":1,"value":"1"},{"name":"b","size":1,"value":"2"}],"truncated":true})");
        EXPECT_EQ(codes(e), std::vector<std::string>{"http.form_limit"});
    }
    EXPECT_EQ(codes(told(urlencoded, "a=1&b=2&", most)), std::vector<std::string>{})
        << "as many as the limit";
}

TEST(form, cuts_names_and_values_at_the_limit) {
    limits most;
    most.of<http::application>().form_value_bytes = 4;
    EXPECT_EQ(
        told(urlencoded, "aaaa=1111&bbbbb=22222&c=3", most)["request"]["form"].dump(),
        R"({"fields":[{"name":"aaaa","size":4,"value":"1111"},)"
        R"({"name":"bbbb","size":5,"truncated":true,"value":"2222"},{"name":"c","size":1,"value":"3"}]})");
    most.of<http::application>().form_bytes = 6;
    const json e = told(urlencoded, "aa=11&bb=22&cc=33", most);
    EXPECT_EQ(
        e["request"]["form"].dump(),
        R"({"fields":[{"name":"aa","size":2,"value":"11"},{"name":"bb","size":2,"truncated":true,"value":""},)"
        R"({"name":"","size":2,"truncated":true,"value":""}]})");
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.form_limit"});
    most = {};
    most.of<http::application>().form_value_bytes = 3;
    EXPECT_EQ(codes(told("multipart/form-data; boundary=abcd", "--abcd--", most)), invalid)
        << "a boundary too long";
}

TEST(form, reads_no_more_of_a_parts_head_than_the_limit) {
    limits most;
    most.of<http::application>().form_head_bytes = 60;
    const json e =
        told(multipart, part("; name=a", "1", "X: " + std::string(100, 'x') + "\r\n") + "--x;y--", most);
    EXPECT_EQ(e["request"]["form"].dump(),
              R"({"fields":[{"name":"a","size":1,"truncated":true,"value":"1"}]})");
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.form_limit"});
}

TEST(form, is_read_behind_a_content_coding_and_only_in_requests) {
    EXPECT_EQ(told("text/plain", "a=1")["request"].contains("form"), false);
    wire w(with_bodies);
    w.client("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=1");
    EXPECT_FALSE(w.exchanges().at(0)["response"].contains("form"));
    wire without;
    without.client(head_of(urlencoded, 3) + "a=1");
    without.server(answer);
    EXPECT_FALSE(without.exchanges().at(0)["request"].contains("form")) << "nobody asked";
}

} // namespace
} // namespace weir::session::test
