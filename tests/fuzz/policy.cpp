// The text of capture.conf over arbitrary bytes. Whatever comes, an error has a place in the text, and a rule
// that is accepted names somebody and something.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "common/bytes.hpp"
#include "common/capture_policy.hpp"
#include "common/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weir::common;
    const std::string_view text = as_text({data, size});
    capture_policy policy;
    if (const auto wrong = parse_policy(text, policy)) {
        const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
        check(wrong->line >= 1 && wrong->line <= lines && wrong->what.column >= 1, "an error has a place");
        return 0;
    }
    for (const capture_rule& r : policy.rules) {
        check(!r.users.empty() || !r.groups.empty(), "a rule names somebody");
        check(!r.interfaces.empty() && r.snaplen >= 1 && r.snaplen <= request_limits::max_snaplen,
              "a rule names something");
    }
    const capture_bounds& b = policy.bounds;
    check(b.captures >= 1 && b.connections_of_user() >= 1 && b.interfaces >= 1 &&
              b.buffer_kib >= request_limits::min_buffer,
          "limits leave room for one");
    check(text.empty() || text.back() == '\n', "the file is whole");
    return 0;
}
