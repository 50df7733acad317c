#include "input/capture_reader.hpp"

#include <array>
#include <filesystem>
#include <fstream>

#include "input/gunzip.hpp"
#include "input/pcap_format.hpp"
#include "input/pcapng_format.hpp"

namespace weir::input {

bool is_capture(const std::string& path) {
    std::error_code none;
    if (!std::filesystem::is_regular_file(path, none)) return false;
    std::array<char, magic_size> start{};
    std::ifstream(path, std::ios::binary).read(start.data(), start.size());
    const auto bytes = common::as_bytes({start.data(), start.size()});
    return gunzip::recognises(bytes) || make_pcap(bytes, {}) || make_pcapng(bytes, {});
}

std::size_t capture_reader::read(common::bytes_view available) {
    const common::bytes_view all = available;
    if (error_) return 0;
    if (!format_) {
        needed_ = magic_size;
        if (available.size() < magic_size) return 0;
        format_ = make_pcap(available.first(magic_size), limits_);
        if (!format_) format_ = make_pcapng(available.first(magic_size), limits_);
        if (!format_) {
            error_ =
                stream_error{"this is no capture: it begins neither like pcap nor like pcapng", 0, false};
            return 0;
        }
    }
    while (!available.empty()) {
        step_result r = format_->step(available, to_);
        if (r.error) {
            error_ = stream_error{std::move(*r.error), offset_, false};
            break;
        }
        needed_ = std::max<std::size_t>(r.needed, 1);
        if (r.consumed == 0) break;
        offset_ += r.consumed;
        available = common::slice(available, r.consumed);
    }
    return all.size() - available.size();
}

void capture_reader::finish(std::size_t left) {
    if (error_) return;
    if (!format_ && left == 0)
        error_ = stream_error{"it is empty, which no capture is", 0, true};
    else if (!format_)
        error_ = stream_error{"it ends within the first four bytes of a capture", left, true};
    else if (const std::size_t skip = format_->still_to_skip(); skip > 0)
        error_ = stream_error{"it ends within a block, " + std::to_string(skip) + " bytes before its end",
                              offset_, true};
    else if (left > 0)
        error_ = stream_error{"it ends within a record, " + std::to_string(left) + " bytes behind its start",
                              offset_, true};
}

} // namespace weir::input
