#include "session/coding/sha256.hpp"

#include <nettle/sha2.h>

#include "common/bytes.hpp"

namespace weir::session {

struct sha256::state {
    sha256_ctx context;
};

sha256::sha256()
    : state_(std::make_unique<state>()) {
    restart();
}

sha256::~sha256() = default;

void sha256::restart() noexcept { sha256_init(&state_->context); }

void sha256::update(std::string_view bytes) noexcept {
    sha256_update(&state_->context, bytes.size(), common::as_bytes(bytes).data());
}

std::array<char, sha256::hex_size> sha256::finish() noexcept {
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest;
    sha256_digest(&state_->context, digest.size(), digest.data());
    std::array<char, hex_size> hex;
    for (std::size_t i = 0; i < digest.size(); ++i) {
        constexpr std::string_view digits = "0123456789abcdef";
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    return hex;
}

} // namespace weir::session
