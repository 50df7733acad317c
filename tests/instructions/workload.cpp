// Dissects a capture file into JSON lines that are counted and thrown away: the road of `weir -r FILE` from
// read(2) to the line, without walls (callgrind needs system calls that they forbid), signals and event loop.
// The hash key is fixed, so that the same file costs the same instructions. Must print nothing but how many
// bytes the lines had.
#include <cstdio>
#include <fcntl.h>
#include <string_view>

#include "event/selection.hpp"
#include "input/stream.hpp"
#include "output/json_output.hpp"
#include "pipeline/pipeline.hpp"

namespace weir {
namespace {

class feeder final : public input::capture_sink {
public:
    explicit feeder(pipeline::pipeline& to) noexcept
        : to_(to) {}

    void on_interface(const common::interface_description& i) override { to_.interface(i); }
    void on_record(const common::record& r) override { to_.feed(r); }
    void on_statistics(const common::interface_statistics& s) override { to_.statistics(s); }
    void on_loss(const common::packet_loss& l) override { to_.lost(l); }
    void on_comment(std::string_view) override {}

private:
    pipeline::pipeline& to_;
};

} // namespace
} // namespace weir

/// What is counted: callgrind is given this name.
extern "C" [[gnu::noinline]] std::size_t weir_workload(int fd, bool everything) {
    using namespace weir;
    pipeline::options asked;
    asked.events = everything ? event::mask().set() : event::default_selection(event::audience::lines);
    asked.sessions.bodies = everything;
    asked.sessions.body_limit = 1 << 20;
    output::json_output out;
    pipeline::pipeline core(asked, out);
    feeder to(core);
    input::stream from(fd, to);
    std::size_t written = 0;
    while (from.advance() == input::progress::more) {
        written += out.pending().size();
        out.clear();
    }
    from.finish();
    core.end(event::end_reason::end_of_input, "");
    return from.error() ? 0 : written + out.pending().size();
}

int main(int argc, char** argv) {
    const int fd = argc >= 2 ? ::open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    const std::size_t written = fd >= 0 ? weir_workload(fd, argc > 2) : 0;
    std::printf("%zu\n", written);
    return written == 0;
}
