// The text of a filter becomes a program in a child of its own: the grammar is large, and its text is a
// stranger's. The child has one pipe, no file, six system calls, limits::compile_s of the processor, and none
// of the packets. Must never be used while privilege is held, or believe what the child answers.
#pragma once

#include <string>

#include "capture-helper/filter_program.hpp"
#include "capture-helper/report.hpp"

struct pcap;

namespace weir::capture_helper {

/// The sound program of `text` on the link of `handle`; none where there is no text. Ends the process with
/// `why` and a line that begins with `whose` where the text is wrong, asks for a name to be looked up or
/// takes too long; at once when the reader of standard output has left.
[[nodiscard]] program compile_in_child(pcap* handle, const std::string& text, reason why,
                                       const std::string& whose);

/// What the child does: the answer for the parent, a program behind 'p' or a complaint behind 'e'.
[[nodiscard]] std::string compile(pcap* handle, const std::string& text);

/// The parent's reading of such an answer: a sound program, or none with `complaint` set.
[[nodiscard]] program read_answer(const std::string& answer, std::string& complaint);

} // namespace weir::capture_helper
