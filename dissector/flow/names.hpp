// The names that addresses were found under: what a host asked for, and was answered, is what it connects to
// then. Keyed by who asked and the address, so that no host's answers name what another one connects to.
//
// Must never grow above its limit: the name learned longest ago is forgotten to make room. What learns names
// (DNS) and what shows them (flows) know each other through this only.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "common/ip_address.hpp"
#include "common/timestamp.hpp"

namespace weir::flow {

class names {
    struct shared_name;

public:
    /// A name that stays as it is for as long as somebody holds it.
    class held {
    public:
        held() noexcept = default;
        held(const held& other) noexcept;
        held(held&& other) noexcept
            : name_(other.name_) {
            other.name_ = nullptr;
        }
        held& operator=(held other) noexcept;
        ~held();
        /// Empty where nobody knows one.
        [[nodiscard]] std::string_view view() const noexcept;

    private:
        friend class names;
        explicit held(shared_name* n) noexcept;
        shared_name* name_ = nullptr;
    };

    /// At most `most` addresses have a name.
    names(std::size_t most, const std::array<std::uint64_t, 2>& hash_key);
    ~names();
    names(const names&) = delete;
    names& operator=(const names&) = delete;

    /// A name to be learned for one address or several: in presentation form, without the final dot.
    [[nodiscard]] held make(std::string_view text);
    /// `asker` was answered that `name` has this address; it holds until `until`, or a later answer. False
    /// where a name that still held was forgotten to make room, `now`.
    bool learn(const common::ip_address& asker, const common::ip_address& address, const held& name,
               common::timestamp until, common::timestamp now);
    /// What `asker` asked for when it was answered this address last.
    [[nodiscard]] held find(const common::ip_address& asker, const common::ip_address& address,
                            common::timestamp now) const;
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

private:
    struct state;
    std::unique_ptr<state> s_;
    std::size_t size_ = 0;
};

} // namespace weir::flow
