// The text of a filter as the helper's child compiles it, on several links. Whatever comes, the answer is a
// sound program or a complaint. As behind the walls, numbers are read and names are not: must never ask a
// resolver.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <pcap/pcap.h>

#include "capture-helper/filter_child.hpp"
#include "common/bytes.hpp"
#include "common/check.hpp"

extern "C" {

int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** out) {
    using function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    addrinfo numeric = hints != nullptr ? *hints : addrinfo{};
    numeric.ai_flags |= AI_NUMERICHOST | AI_NUMERICSERV;
    return real(name, service, &numeric, out);
}

netent* getnetbyname(const char*) { return nullptr; }
protoent* getprotobyname(const char*) { return nullptr; }
int ether_hostton(const char*, ether_addr*) noexcept { return -1; }

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weir;
    constexpr int links[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_RAW, DLT_NULL, DLT_IEEE802_11_RADIO, DLT_PPP};
    constexpr std::size_t longest = 400; // longer ones take seconds, which only the processor's limit ends
    if (size < 2 || size > longest) return 0;
    std::string text(common::as_text({data + 1, size - 1}));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
    pcap_t* const link = pcap_open_dead(links[data[0] % std::size(links)], 262'144);
    const std::string answer = capture_helper::compile(link, text);
    pcap_close(link);
    std::string complaint;
    const capture_helper::program p = capture_helper::read_answer(answer, complaint);
    common::check(p.empty() != complaint.empty(), "a program or a complaint");
    common::check(p.empty() || capture_helper::is_sound(p), "what is read is sound");
    if (!p.empty() && p.size() < 2'000)
        common::check(capture_helper::is_sound(capture_helper::join(p, p, 128)),
                      "and so is what is joined of it");
    return 0;
}

} // extern "C"
