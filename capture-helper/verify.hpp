// --verify: shows that the walls hold, by trying what they forbid. Must be called where the running helper would enter its
// walls, without any privilege left.
#pragma once

namespace weir::capture_helper {

/// Tries each forbidden act in a child inside the real walls and prints one line for each with what stopped it; so it writes
/// text where the helper would write a stream. Returns the exit status: done only when all were stopped.
[[nodiscard]] int verify_walls(int packet_socket);

} // namespace weir::capture_helper
