// The request line of a socket client over arbitrary bytes. Whatever comes, what is accepted lies within the
// limits, and asking again for what was granted gives the same.
#include <cstddef>
#include <cstdint>

#include "common/bytes.hpp"
#include "common/capture_request.hpp"
#include "common/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weir::common;
    const std::string_view line = as_text({data, size});
    capture_request r;
    if (const auto wrong = parse_request_line(line, r)) {
        check(wrong->column >= 1 && wrong->column <= size + 1 && !wrong->what.empty(),
              "an error says where and what");
        return 0;
    }
    check(!r.interfaces.empty() && r.interfaces.size() <= request_limits::max_interfaces,
          "interfaces are bounded");
    check(r.snaplen >= 1 && r.snaplen <= request_limits::max_snaplen, "snaplen is bounded");
    check(r.buffer_kib >= request_limits::min_buffer && r.buffer_kib <= request_limits::max_buffer,
          "buffer is bounded");
    check(r.format == capture_format::pcapng && !r.monitor && !r.immediate, "a client cannot ask for more");
    capture_request again;
    check(!parse_request_line("capture " + describe(r), again) && describe(again) == describe(r),
          "describe() is a request");
    return 0;
}
