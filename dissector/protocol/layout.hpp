// Protocol headers as declarations: one `layout` gives the bounds-checked parse, the assembly for tests and
// the rows for reference pages. Offsets are constants, so that a parse is one length check and plain loads.
//
// A declaration never grows an `if`: what does not fit fixed fields is ordinary code in the header's own
// file.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "common/bytes.hpp"

namespace weir::protocol {

template <std::size_t N>
struct fixed_string {
    char text[N]{};
    constexpr fixed_string(const char (&s)[N]) noexcept {
        for (std::size_t i = 0; i < N; ++i) text[i] = s[i];
    }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, N - 1}; }
};

namespace detail {

template <class T>
struct member_of;
template <class C, class M>
struct member_of<M C::*> {
    using owner = C;
    using type = M;
};

template <class T>
inline constexpr bool is_bytes = false;
template <std::size_t N>
inline constexpr bool is_bytes<std::array<std::uint8_t, N>> = true;

} // namespace detail

/// One field: name, the member that holds it, width in bits, what it means. Members are unsigned integers, or
/// arrays of bytes for addresses.
template <fixed_string Name, auto Member, unsigned Bits, fixed_string Meaning>
struct field {
    using owner = typename detail::member_of<decltype(Member)>::owner;
    using type = typename detail::member_of<decltype(Member)>::type;
    static constexpr std::string_view name = Name.view();
    static constexpr std::string_view meaning = Meaning.view();
    static constexpr unsigned bits = Bits;
    static_assert(Bits > 0 && Bits <= 8 * sizeof(type), "the member is too narrow for the field");

    template <unsigned BitOffset>
    static void load(common::bytes_view b, owner& out) noexcept {
        if constexpr (detail::is_bytes<type>) {
            static_assert(BitOffset % 8 == 0 && Bits == 8 * sizeof(type), "an address stands on whole bytes");
            const common::bytes_view from = common::slice(b, BitOffset / 8, sizeof(type));
            std::copy(from.begin(), from.end(), (out.*Member).begin());
        } else {
            constexpr std::size_t first = BitOffset / 8, last = (BitOffset + Bits - 1) / 8;
            constexpr unsigned shift = static_cast<unsigned>((last + 1) * 8) - BitOffset - Bits;
            using wide = std::conditional_t<
                (last - first < 1), std::uint8_t,
                std::conditional_t<(last - first < 2), std::uint16_t,
                                   std::conditional_t<(last - first < 4), std::uint32_t, std::uint64_t>>>;
            static_assert(last - first < 8);
            const auto word = common::load<wide, std::endian::big, last - first + 1>(b, first);
            constexpr std::uint64_t mask = Bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << Bits) - 1;
            out.*Member = static_cast<type>((std::uint64_t{word} >> shift) & mask);
        }
    }

    template <unsigned BitOffset>
    static void store(const owner& in, std::span<std::uint8_t> b) noexcept {
        if constexpr (detail::is_bytes<type>) {
            std::copy((in.*Member).begin(), (in.*Member).end(), b.subspan(BitOffset / 8).begin());
        } else {
            for (unsigned i = 0; i < Bits; ++i) {
                const unsigned at = BitOffset + i;
                const auto bit = static_cast<unsigned>(std::uint64_t{in.*Member} >> (Bits - 1 - i)) & 1u;
                const auto mask = static_cast<std::uint8_t>(0x80u >> (at % 8));
                b[at / 8] = static_cast<std::uint8_t>(bit != 0 ? b[at / 8] | mask : b[at / 8] & ~mask);
            }
        }
    }
};

/// The fixed part of a header, fields in wire order.
template <fixed_string Name, class... Fields>
struct layout {
    using value = typename std::tuple_element_t<0, std::tuple<Fields...>>::owner;
    static constexpr std::string_view name = Name.view();
    static constexpr unsigned bits = (Fields::bits + ...);
    static_assert(bits % 8 == 0, "the widths of a header sum to whole bytes");
    static constexpr std::size_t size = bits / 8;
    static_assert(
        [] {
            const std::array names{Fields::name...};
            for (std::size_t i = 0; i < names.size(); ++i)
                for (std::size_t j = i + 1; j < names.size(); ++j)
                    if (names[i] == names[j]) return false;
            return true;
        }(),
        "no two fields of a header share a name");

    /// False, and nothing written, where b is shorter than the header.
    [[nodiscard]] static bool parse(common::bytes_view b, value& out) noexcept {
        if (b.size() < size) return false;
        load_all<0, Fields...>(b.first(size), out);
        return true;
    }

    /// Precondition, checked: b holds at least `size` bytes.
    static void assemble(const value& in, std::span<std::uint8_t> b) noexcept {
        common::check(b.size() >= size, "a header is assembled into enough room");
        store_all<0, Fields...>(in, b.first(size));
    }

    /// Calls f(name, bits, meaning) for each field in wire order.
    template <class F>
    static constexpr void for_each(F&& f) {
        (f(Fields::name, Fields::bits, Fields::meaning), ...);
    }

private:
    template <unsigned BitOffset, class First, class... Rest>
    static void load_all(common::bytes_view b, value& out) noexcept {
        First::template load<BitOffset>(b, out);
        if constexpr (sizeof...(Rest) > 0) load_all<BitOffset + First::bits, Rest...>(b, out);
    }
    template <unsigned BitOffset, class First, class... Rest>
    static void store_all(const value& in, std::span<std::uint8_t> b) noexcept {
        First::template store<BitOffset>(in, b);
        if constexpr (sizeof...(Rest) > 0) store_all<BitOffset + First::bits, Rest...>(in, b);
    }
};

} // namespace weir::protocol
