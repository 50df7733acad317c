// The capture reader over arbitrary bytes, cut where the first byte says: every cut tells the same records.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "input/capture_reader.hpp"

namespace {

class counter final : public weir::input::capture_sink {
public:
    std::uint64_t records = 0, bytes = 0;
    void on_interface(const weir::common::interface_description&) override {}
    void on_record(const weir::common::record& r) override {
        ++records;
        for (const std::uint8_t b : r.data) bytes = bytes * 31 + b;
    }
    void on_statistics(const weir::common::interface_statistics&) override {}
    void on_loss(const weir::common::packet_loss&) override {}
    void on_comment(std::string_view) override {}
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weir;
    if (size < 1) return 0;
    const common::bytes_view all = common::bytes_view(data, size).subspan(1);
    counter whole;
    input::capture_reader at_once(whole);
    at_once.finish(all.size() - at_once.read(all));

    counter pieces;
    input::capture_reader cut(pieces);
    std::vector<std::uint8_t> held;
    const std::size_t piece = std::size_t{data[0]} + 1;
    for (std::size_t at = 0; at < all.size(); at += piece) {
        const common::bytes_view next = common::slice(all, at, piece);
        held.insert(held.end(), next.begin(), next.end());
        const std::size_t used = cut.read(held);
        held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(used));
    }
    cut.finish(held.size());
    common::check(whole.records == pieces.records && whole.bytes == pieces.bytes, "cuts change nothing");
    common::check(at_once.error().has_value() == cut.error().has_value(), "cuts change no error");
    return 0;
}
