#include "capture-helper/stream.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <unistd.h>

#include "capture-helper/capture_writer.hpp"
#include "capture-helper/process.hpp"
#include "capture-helper/report.hpp"
#include "common/exit_status.hpp"
#include "common/version.hpp"

namespace weir::capture_helper {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t second = 1'000'000'000;

std::int64_t now(clockid_t clock) noexcept {
    timespec t{};
    ::clock_gettime(clock, &t);
    return t.tv_sec * second + t.tv_nsec;
}

enum class outcome { going_on, reader_gone, interface_failed };

class pump {
public:
    pump(std::vector<interface>& interfaces, const capture_request& r)
        : interfaces_(interfaces), request_(r), writer_(r.format, r.way) {
        constexpr std::size_t largest_block = limits::max_snaplen + 64;
        writer_.reserve(limits::batch + largest_block);
        for (const interface& i : interfaces_) {
            links_.push_back(link_type(i));
            polled_.push_back({pcap_get_selectable_fd(i.handle), POLLIN, 0});
        }
        polled_.push_back({STDOUT_FILENO, 0, 0});  // errors only: its reader is gone
    }

    int run(const std::string& answer, const std::string& walls) {
        outcome o = write_answer(answer);
        writer_.section(std::string("weir-capture ") + common::version, "sandbox: " + walls);
        for (std::size_t i = 0; i < interfaces_.size(); ++i)
            writer_.interface_block(interfaces_[i].name, links_[i], request_.snaplen, joined_filter(request_));
        if (o == outcome::going_on) o = flush();
        std::int64_t next_statistics = now(CLOCK_MONOTONIC) + limits::statistics_ns;
        while (o == outcome::going_on && !stop_asked()) {
            const std::int64_t time = now(CLOCK_MONOTONIC);
            if (time >= next_statistics) {
                write_statistics();
                next_statistics = time + limits::statistics_ns;
            }
            if (read_round(o) > 0 || o != outcome::going_on) continue;  // a round that brings nothing ends the batch
            o = flush();
            if (o == outcome::going_on) o = wait(next_statistics);
        }
        return finish(o);
    }

private:
    outcome write_answer(const std::string& answer) {
        if (answer.empty()) return outcome::going_on;
        return write_all(answer + '\n');
    }

    outcome wait(std::int64_t until) {
        const std::int64_t left = std::max<std::int64_t>(until - now(CLOCK_MONOTONIC), 0);
        const int ready = ::poll(polled_.data(), polled_.size(), static_cast<int>((left + millisecond - 1) / millisecond));
        const bool gone = ready > 0 && (polled_.back().revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
        return gone ? outcome::reader_gone : outcome::going_on;
    }

    /// Up to limits::packets_per_turn from each interface; how many came.
    int read_round(outcome& o) {
        int came = 0;
        for (current_ = 0; current_ < interfaces_.size() && o == outcome::going_on; ++current_) {
            const int n = pcap_dispatch(interfaces_[current_].handle, limits::packets_per_turn, &pump::on_packet,
                                        static_cast<unsigned char*>(static_cast<void*>(this)));
            o = reader_gone_ ? outcome::reader_gone : n == PCAP_ERROR ? outcome::interface_failed : o;
            if (o == outcome::interface_failed)
                trouble_ = "capturing on " + interfaces_[current_].name + " ended: " + pcap_geterr(interfaces_[current_].handle);
            came += std::max(n, 0);
        }
        return came;
    }

    static void on_packet(unsigned char* self, const pcap_pkthdr* header, const unsigned char* bytes) {
        static_cast<pump*>(static_cast<void*>(self))->take(*header, bytes);
    }

    void take(const pcap_pkthdr& h, const unsigned char* bytes) {
        if (reader_gone_) return;
        // tv_usec holds nanoseconds: that precision was asked for
        const auto ns = static_cast<std::uint64_t>(h.ts.tv_sec * second + h.ts.tv_usec);
        writer_.packet({static_cast<std::uint32_t>(current_), ns, h.len, {bytes, h.caplen}}, links_[current_]);
        ++interfaces_[current_].total.delivered;
        if (writer_.gathered().size() >= limits::batch) reader_gone_ = flush() == outcome::reader_gone;
    }

    outcome flush() {
        const outcome o = write_all(writer_.gathered());
        writer_.clear();
        return o;
    }

    /// A slow reader blocks the helper here; the kernel's ring fills, and the next statistics say what was dropped.
    outcome write_all(std::string_view rest) {
        while (!rest.empty()) {
            const ssize_t n = ::write(STDOUT_FILENO, rest.data(), rest.size());
            if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
            else if (errno == EPIPE || errno == ECONNRESET) return outcome::reader_gone;
            else if (errno == EAGAIN) wait_for_room();
            else if (errno != EINTR) fail_errno(reason::failed, "cannot write the capture");
            if (!rest.empty() && patience_over()) {
                warn("the reader does not read; the stream ends " + std::to_string(rest.size()) + " bytes early");
                return outcome::reader_gone;
            }
        }
        return outcome::going_on;
    }

    static void wait_for_room() noexcept {  // the caller gave us a descriptor that does not block
        pollfd p{STDOUT_FILENO, POLLOUT, 0};
        ::poll(&p, 1, -1);
    }

    void write_statistics() {
        for (std::size_t i = 0; i < interfaces_.size(); ++i) {
            update_counters(interfaces_[i]);
            writer_.statistics(static_cast<std::uint32_t>(i), static_cast<std::uint64_t>(now(CLOCK_REALTIME)), interfaces_[i].total);
        }
    }

    /// What the rings still hold, once the kernel has handed over the block that it is filling.
    outcome drain() {
        const std::int64_t start = now(CLOCK_MONOTONIC);
        const std::int64_t at_most = start + limits::drain_ms * millisecond;
        const std::int64_t at_least = std::min(start + (request_.timeout_ms + 5) * millisecond, at_most);
        outcome o = outcome::going_on;
        while (o == outcome::going_on && !patience_over()) {
            const int came = read_round(o);
            const std::int64_t time = now(CLOCK_MONOTONIC);
            if (time >= at_most || (came == 0 && time >= at_least)) break;
            if (came == 0 && o == outcome::going_on) o = wait(at_least);
        }
        return o;
    }

    int finish(outcome o) {
        if (o == outcome::going_on) o = drain();
        if (o != outcome::reader_gone) {
            write_statistics();
            flush();
        }
        if (!trouble_.empty()) fail(reason::failed, trouble_);
        return common::to_int(common::exit_status::done);
    }

    std::vector<interface>& interfaces_;
    const capture_request& request_;
    capture_writer writer_;
    std::vector<std::uint32_t> links_;
    std::vector<pollfd> polled_;
    std::size_t current_ = 0;
    bool reader_gone_ = false;
    std::string trouble_;
};

} // namespace

void check_output() {
    if (::isatty(STDOUT_FILENO) == 1)
        fail(reason::bad_request, "standard output is a terminal; give the stream a reader: weir-capture ... | weir -r -");
    const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) fail(reason::bad_request, "standard output is not open for writing");
}

int stream(std::vector<interface>& interfaces, const capture_request& r, const std::string& answer, const std::string& walls) {
    return pump(interfaces, r).run(answer, walls);
}

} // namespace weir::capture_helper
