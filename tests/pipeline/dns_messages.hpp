// A DNS query for www.example.com and its answer, as the payload of a datagram or, with its length before it,
// of a stream.
#pragma once

#include <string>

namespace weir::pipeline::test {

inline std::string dns_query(char id = 1) {
    return std::string({0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}) +
           std::string("\3www\7example\3com\0\0\1\0\1", 21);
}
/// An alias for cdn.example.com, which has the address 10.0.0.`last`.
inline std::string dns_answer(char id = 1, char last = 2) {
    return std::string({0, id, '\x81', '\x80', 0, 1, 0, 2, 0, 0, 0, 0}) +
           std::string("\3www\7example\3com\0\0\1\0\1", 21) +
           std::string("\xc0\x0c\0\5\0\1\0\0\0\x3c\0\6\3cdn\xc0\x10", 18) +
           std::string("\xc0\x2d\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0", 15) + last;
}
inline std::string with_length(const std::string& message) {
    return std::string({static_cast<char>(message.size() >> 8), static_cast<char>(message.size())}) + message;
}

} // namespace weir::pipeline::test
