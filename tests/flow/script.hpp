// Connections made by chance from a script, the same for the same seed: what both ends send, what is lost on
// the way or to the capture, in which order the capture sees it. The script knows what is true of the
// connection, which is what the account of it must say.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/flow/harness.hpp"

namespace weir::flow::test {

/// The stream of one end, and what of it the capture saw.
class spoken {
public:
    [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(text_.size()); }
    [[nodiscard]] std::string at(std::uint32_t from, std::uint32_t to) const {
        return text_.substr(from, to - from);
    }
    void say(std::uint32_t length, std::mt19937& chance) {
        for (std::uint32_t i = 0; i < length; ++i)
            text_ += static_cast<char>('a' + static_cast<int>(chance() % 26));
        seen_.resize(text_.size());
    }
    void see(std::uint32_t from, std::uint32_t to) {
        std::fill(seen_.begin() + from, seen_.begin() + to, true);
    }
    /// As recorder keeps it, each missing byte as '?'.
    [[nodiscard]] std::string heard() const {
        std::string out = text_;
        for (std::size_t i = 0; i < out.size(); ++i)
            if (!seen_[i]) out[i] = '?';
        return out;
    }
    [[nodiscard]] std::uint64_t missing() const {
        return static_cast<std::uint64_t>(std::count(seen_.begin(), seen_.end(), false));
    }

private:
    std::string text_;
    std::vector<bool> seen_;
};

/// A recorded stream with its holes as so many '?'.
inline std::string with_holes(const std::string& recorded) {
    std::string out;
    for (std::size_t i = 0; i < recorded.size(); ++i) {
        if (recorded[i] != '<') {
            out += recorded[i];
            continue;
        }
        const std::size_t end = recorded.find('>', i);
        out.append(static_cast<std::size_t>(std::stoul(recorded.substr(i + 1))), '?');
        i = end;
    }
    return out;
}

class script {
public:
    enum class opening : std::uint8_t { handshake, fast_open, third_ack_data, simultaneous, picked_up };
    enum class ending : std::uint8_t { client_first, server_first, both_at_once, half_closed, reset, none };

    /// Offsets are counted from `client_at` and `server_at`, so that one pair of ports can be used again.
    script(std::uint32_t seed, std::uint32_t client_at = 0, std::uint32_t server_at = 0)
        : chance_(seed)
        , start_{client_at, server_at} {
        how_ = static_cast<opening>(below(5));
        end_ = static_cast<ending>(below(6));
        open();
        for (std::uint32_t flights = 1 + below(4); flights > 0; --flights)
            fly(below(2) == 0 ? side::client : side::server);
        close();
    }

    [[nodiscard]] const std::vector<segment>& packets() const noexcept { return packets_; }
    [[nodiscard]] const spoken& of(side s) const noexcept { return spoken_[event::index(s)]; }
    [[nodiscard]] opening how() const noexcept { return how_; }
    [[nodiscard]] ending end() const noexcept { return end_; }

    /// What recorder keeps of a side: bytes, holes as '?', '|' at its end.
    [[nodiscard]] std::string heard(side s) const {
        return of(s).heard() + (fin_sent_[event::index(s)] ? "|" : "");
    }
    [[nodiscard]] std::string state() const {
        const bool picked_up = how_ == opening::picked_up;
        switch (end_) {
        case ending::client_first:
        case ending::server_first:
        case ending::both_at_once:
        case ending::half_closed:
            return "SF";
        case ending::reset:
            return picked_up ? (reset_by_ == side::client ? "OTH" : "RSTRH")
                             : (reset_by_ == side::client ? "RSTO" : "RSTR");
        case ending::none:
            break;
        }
        return picked_up ? "OTH" : "S1";
    }
    [[nodiscard]] std::uint64_t sent(side s) const { return counted_[event::index(s)]; }

private:
    std::uint32_t below(std::uint32_t most) { return static_cast<std::uint32_t>(chance_() % most); }
    [[nodiscard]] std::uint32_t start(side s) const { return start_[event::index(s)]; }
    spoken& words(side s) { return spoken_[event::index(s)]; }
    std::uint32_t& acked(side s) { return acked_[event::index(s)]; }

    /// Offset `at` of a side's stream as the number that a packet has; the SYN is one before offset 0.
    [[nodiscard]] std::uint32_t number(side s, std::uint32_t at) const { return start(s) + 1 + at; }
    [[nodiscard]] std::uint32_t acknowledges(side s) {
        return number(event::other(s), acked(event::other(s)) + (fin_acked_[1 - event::index(s)] ? 1 : 0));
    }

    void put(const segment& s) {
        packets_.push_back(s);
        ++counted_[s.from_client ? 0 : 1];
    }
    void put(side s, std::uint16_t flags, std::uint32_t at, std::string payload = "") {
        put({s == side::client, flags, number(s, at), acknowledges(s), std::move(payload)});
    }
    /// Bytes [from, to) as the capture sees them.
    void show(side s, std::uint32_t from, std::uint32_t to, std::uint16_t flags = flag::ack) {
        words(s).see(from, to);
        put(s, flags, from, words(s).at(from, to));
    }

    void open() {
        const auto client = side::client, server = side::server;
        const auto syn = [&](side s, std::uint16_t flags, std::string payload = "") {
            put({s == client, flags, start(s), acknowledges(s), std::move(payload)});
        };
        switch (how_) {
        case opening::picked_up: // one byte of each, so that both bases are known
            words(client).say(1, chance_);
            words(server).say(1, chance_);
            show(client, 0, 1);
            acked(client) = 1;
            show(server, 0, 1);
            acked(server) = 1;
            return;
        case opening::simultaneous:
            syn(client, flag::syn);
            syn(server, flag::syn);
            syn(client, flag::syn | flag::ack);
            syn(server, flag::syn | flag::ack);
            return;
        case opening::fast_open:
            words(client).say(1 + below(8), chance_);
            words(client).see(0, words(client).size());
            syn(client, flag::syn, words(client).at(0, words(client).size()));
            acked(client) = words(client).size();
            syn(server, flag::syn | flag::ack);
            put(client, flag::ack, words(client).size());
            return;
        case opening::handshake:
        case opening::third_ack_data:
            for (std::uint32_t tries = 1 + below(2); tries > 0; --tries) syn(client, flag::syn);
            syn(server, flag::syn | flag::ack);
            if (how_ == opening::handshake)
                put(client, flag::ack, 0);
            else
                fly(client);
            return;
        }
    }

    /// Up to six segments of one side in any order, some lost, doubled, sent again or over each other, and
    /// their acknowledgement.
    void fly(side s) {
        struct sent {
            std::uint32_t from, to;
            bool again;
        };
        std::vector<sent> captured;
        const std::uint32_t segments = 1 + below(6);
        std::uint32_t at = words(s).size();
        for (std::uint32_t i = 0; i < segments; ++i) {
            // in mid-stream one byte at the end that was not seen may as well be a FIN
            const std::uint32_t length = (how_ == opening::picked_up ? 2 : 1) + below(12);
            words(s).say(length, chance_);
            const sent now{at, at + length, false};
            at += length;
            switch (below(12)) {
            case 0: // lost to the capture: acknowledged, never seen
                break;
            case 1: // doubled
                captured.push_back(now);
                captured.push_back(now);
                break;
            case 2: // again, with bytes before it
                captured.push_back(now);
                captured.push_back({now.from - std::min(now.from, below(8)), now.to, true});
                break;
            case 3: // in two halves that overlap
                captured.push_back({now.from, now.from + (length + 1) / 2, false});
                captured.push_back({now.from + length / 2, now.to, false});
                break;
            default:
                captured.push_back(now);
            }
        }
        for (std::size_t i = captured.size(); i > 1; --i) // any order, the lost ones of the network included
            if (below(3) == 0) std::swap(captured[i - 1], captured[below(static_cast<std::uint32_t>(i))]);
        // what was picked up begins with its first byte: nothing comes before it
        for (const sent& c : captured) show(s, c.from, c.to);
        acked(s) = words(s).size();
        put(event::other(s), flag::ack, words(event::other(s)).size());
        if (below(8) == 0)
            put(s, flag::ack, words(s).size() - 1, words(s).at(at - 1, at)), words(s).see(at - 1, at);
    }

    void finish(side s) {
        put(s, flag::fin | flag::ack, words(s).size());
        fin_sent_[event::index(s)] = true;
    }
    void acknowledge_fin(side s) {
        fin_acked_[event::index(s)] = true;
        put(event::other(s), flag::ack,
            words(event::other(s)).size() + (fin_sent_[1 - event::index(s)] ? 1 : 0));
    }

    void close() {
        const side first = end_ == ending::server_first                    ? side::server
                           : end_ == ending::client_first || below(2) == 0 ? side::client
                                                                           : side::server;
        const side second = event::other(first);
        switch (end_) {
        case ending::none:
            return;
        case ending::reset:
            reset_by_ = first;
            put(first, flag::rst, words(first).size());
            return;
        case ending::both_at_once:
            finish(first);
            finish(second);
            acknowledge_fin(first);
            acknowledge_fin(second);
            return;
        case ending::half_closed:
            finish(first);
            acknowledge_fin(first);
            fly_one_way(second);
            finish(second);
            acknowledge_fin(second);
            return;
        case ending::client_first:
        case ending::server_first:
            finish(first);
            fin_acked_[event::index(first)] = true;
            finish(second);
            acknowledge_fin(second);
            return;
        }
    }

    /// Data behind the other side's FIN.
    void fly_one_way(side s) {
        const std::uint32_t from = words(s).size(), length = 1 + below(30);
        words(s).say(length, chance_);
        show(s, from, from + length);
        acked(s) = words(s).size();
    }

    std::mt19937 chance_;
    std::array<std::uint32_t, 2> start_;
    std::array<spoken, 2> spoken_;
    std::array<std::uint32_t, 2> acked_{};
    std::array<bool, 2> fin_sent_{}, fin_acked_{};
    std::array<std::uint64_t, 2> counted_{};
    std::vector<segment> packets_;
    opening how_;
    ending end_;
    side reset_by_ = side::client;
};

} // namespace weir::flow::test
