// SHA-256 (FIPS 180-4) of bytes that come in pieces.
#pragma once

#include <array>
#include <memory>
#include <string_view>

namespace weir::session {

class sha256 {
public:
    static constexpr std::size_t hex_size = 64;

    sha256();
    ~sha256();
    sha256(const sha256&) = delete;
    sha256& operator=(const sha256&) = delete;

    void restart() noexcept;
    void update(std::string_view bytes) noexcept;
    /// The digest in lower-case hexadecimal; restart() before anything else.
    [[nodiscard]] std::array<char, hex_size> finish() noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace weir::session
