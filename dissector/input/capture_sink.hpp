// Who receives what a capture stream holds, in its order.
#pragma once

#include <string_view>

#include "common/record.hpp"

namespace weir::input {

class capture_sink {
public:
    virtual void on_interface(const common::interface_description& i) = 0;
    virtual void on_record(const common::record& r) = 0;
    virtual void on_loss(const common::packet_loss& l) = 0;
    virtual void on_statistics(const common::interface_statistics& s) = 0;
    /// What the program that wrote the stream says of the section that begins.
    virtual void on_comment(std::string_view text) = 0;

protected:
    ~capture_sink() = default;
};

/// Why a stream cannot be read on, and where.
struct stream_error {
    std::string text;
    std::uint64_t offset = 0;
    bool truncated = false; ///< it ended within a record; all before it was delivered
    bool unpacked = false;  ///< the offset counts bytes after gzip was undone
};

} // namespace weir::input
