// One line, whole or not at all: how the helper answers, warns and reports. Must never print a second one.
#pragma once

#include <string>

namespace weir::capture_helper {

/// Prints `line`, control characters replaced, and a newline in one write; what a full descriptor loses is
/// lost.
void print_line(int fd, std::string_view line) noexcept;

} // namespace weir::capture_helper
