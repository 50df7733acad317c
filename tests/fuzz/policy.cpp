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
    std::vector<capture_rule> rules;
    if (const auto wrong = parse_policy(text, rules)) {
        const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
        check(wrong->line >= 1 && wrong->line <= lines && wrong->what.column >= 1, "an error has a place");
        return 0;
    }
    for (const capture_rule& r : rules) {
        check(!r.users.empty() || !r.groups.empty(), "a rule names somebody");
        check(!r.interfaces.empty() && r.snaplen >= 1 && r.snaplen <= request_limits::max_snaplen,
              "a rule names something");
    }
    return 0;
}
