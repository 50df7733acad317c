// Descriptors that whoever started weir left open: what is behind them a dissector that was taken over could
// read. Must never close what the command line names before it was opened (-r <(...) is /dev/fd/63).
#pragma once

#include <string>
#include <vector>

namespace weir::sandbox {

class inherited_descriptors {
public:
    /// Closes every descriptor above standard error but those that a path of the command line names, as
    /// /dev/fd/N or /proc/self/fd/N. To be made first of all.
    explicit inherited_descriptors(const std::vector<std::string>& paths);

    /// Those too; what was opened by their names has a descriptor of its own.
    void close_named() noexcept;

private:
    std::vector<unsigned> named_; // in order
};

} // namespace weir::sandbox
