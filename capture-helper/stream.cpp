#include "capture-helper/stream.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <unistd.h>

#include "capture-helper/audit.hpp"
#include "capture-helper/limits.hpp"
#include "capture-helper/process.hpp"
#include "capture-helper/report.hpp"
#include "common/version.hpp"

namespace weir::capture_helper {
namespace {

using namespace std::chrono;
constexpr std::int64_t millisecond = 1'000'000;

template <typename Clock>
std::int64_t now() {
    return nanoseconds(Clock::now().time_since_epoch()).count();
}

class pump {
public:
    pump(std::vector<interface>& interfaces, const common::capture_request& r)
        : interfaces_(interfaces)
        , timeout_(r.timeout_ms * millisecond)
        , writer_(r.format, r.way) {
        writer_.reserve(limits::batch + common::request_limits::max_snaplen +
                        64); // the batch and the block that fills it
        for (const interface& i : interfaces_)
            polled_.push_back({pcap_get_selectable_fd(i.handle), POLLIN, 0});
        polled_.push_back(
            {STDOUT_FILENO, POLLRDHUP, 0}); // its reader is gone, or asks for the end by closing one half
    }

    void run(const common::capture_request& r, const std::string& answer, const std::string& walls) {
        write_all(answer);
        writer_.section(std::string("weir-capture ") + common::version, "sandbox: " + walls);
        for (const interface& i : interfaces_)
            writer_.interface_block(i.name, i.link_type, r.snaplen, joined_filter(r));
        flush();
        for (std::int64_t due = now<steady_clock>() + limits::statistics_ns;
             going_on() && !stop_asked() && !half_closed_;) {
            const bool time = now<steady_clock>() >= due || drops_seen();
            if (time) due = write_statistics();
            if (time) wait(0); // a flood leaves no other moment to look at the reader
            if (read_round() > 0) {
                unlooked_ = true;
                continue;
            }
            flush(); // a round that brings nothing ends the batch
            wait(unlooked_ ? std::min(due, look_) : due);
        }
        drain();
        write_statistics();
        flush();
        report_end();
        if (!trouble_.empty()) fail(reason::failed, trouble_);
    }

private:
    [[nodiscard]] bool going_on() const noexcept { return !reader_gone_ && trouble_.empty(); }

    void wait(std::int64_t until) {
        const std::int64_t left = std::max<std::int64_t>(until - now<steady_clock>(), 0);
        const int ready =
            ::poll(polled_.data(), polled_.size(), static_cast<int>((left + millisecond - 1) / millisecond));
        const int reader = ready > 0 ? polled_.back().revents : 0;
        if ((reader & (POLLERR | POLLHUP | POLLNVAL)) != 0) reader_gone_ = true;
        if ((reader & POLLRDHUP) != 0) half_closed_ = true;
        if (half_closed_) polled_.back().events = 0;
    }

    /// Up to limits::packets_per_turn from each interface; how many came.
    int read_round() {
        int came = 0;
        const pcap_handler on_packet = [](unsigned char* self, const pcap_pkthdr* header,
                                          const unsigned char* bytes) {
            static_cast<pump*>(static_cast<void*>(self))->take(*header, bytes);
        };
        for (current_ = 0; current_ < interfaces_.size() && going_on(); ++current_) {
            const interface& i = interfaces_[current_];
            auto* const self = static_cast<unsigned char*>(static_cast<void*>(this));
            const int n = pcap_dispatch(i.handle, limits::packets_per_turn, on_packet, self);
            if (n == PCAP_ERROR) trouble_ = "capturing on " + i.name + " ended: " + pcap_geterr(i.handle);
            came += n == PCAP_ERROR_BREAK ? 1 : std::max(n, 0);
        }
        return came;
    }

    void take(const pcap_pkthdr& h, const unsigned char* bytes) {
        // tv_usec holds nanoseconds: that precision was asked for
        const auto ns = static_cast<std::uint64_t>(h.ts.tv_sec * 1000 * millisecond + h.ts.tv_usec);
        writer_.packet({static_cast<std::uint32_t>(current_), ns, h.len, {bytes, h.caplen}},
                       interfaces_[current_].link_type);
        ++interfaces_[current_].total.delivered;
        if (writer_.gathered().size() >= limits::batch) flush();
    }

    /// Where it is time to look for drops the round ends: statistics come before what is behind them.
    void flush() {
        write_all(writer_.gathered());
        writer_.clear();
        if (current_ >= interfaces_.size() || now<steady_clock>() < look_) return;
        unlooked_ = true;
        pcap_breakloop(interfaces_[current_].handle);
    }

    /// A slow reader blocks the helper here; the kernel's ring fills, and the next statistics say what was
    /// dropped.
    void write_all(std::string_view rest) {
        pollfd room{STDOUT_FILENO, POLLOUT, 0}; // where the caller gave us a descriptor that does not block
        while (!rest.empty() && !reader_gone_) {
            const ssize_t n = ::write(STDOUT_FILENO, rest.data(), rest.size());
            if (n > 0) {
                rest.remove_prefix(static_cast<std::size_t>(n));
                bytes_ += static_cast<std::uint64_t>(n);
            } else if (errno == EAGAIN)
                ::poll(&room, 1, -1);
            else if (errno == EPIPE || errno == ECONNRESET)
                reader_gone_ = true;
            else if (errno != EINTR) {
                trouble_ = std::string("cannot write the capture: ") + std::strerror(errno);
                reader_gone_ = true;
            }
            if (rest.empty() || reader_gone_ || !patience_over()) continue;
            warn("the reader does not read; the stream ends " + std::to_string(rest.size()) + " bytes early");
            reader_gone_ = stuck_ = true;
        }
    }

    /// Whether the kernel dropped packets since it was asked last: not for each packet, only from time to
    /// time.
    bool drops_seen() {
        const std::int64_t time = now<steady_clock>();
        if (!unlooked_ || time < look_) return false;
        unlooked_ = false;
        look_ = time + limits::look_ns;
        std::uint64_t before = 0, after = 0;
        for (interface& i : interfaces_) {
            before += i.total.dropped;
            update_counters(i);
            after += i.total.dropped;
        }
        return after > before;
    }

    /// Answers when the next ones are due.
    std::int64_t write_statistics() {
        for (std::uint32_t i = 0; i < interfaces_.size(); ++i) {
            update_counters(interfaces_[i]);
            writer_.statistics(i, static_cast<std::uint64_t>(now<system_clock>()), interfaces_[i].total);
        }
        return now<steady_clock>() + limits::statistics_ns;
    }

    void report_end() const {
        const char* const why = !trouble_.empty() ? "failed"
                                : stuck_          ? "client-stuck"
                                : reader_gone_    ? "client-gone"
                                : half_closed_    ? "client-asked"
                                                  : "stopped";
        capture_end end{bytes_, 0, 0, why};
        for (const interface& i : interfaces_) {
            end.packets += i.total.delivered;
            end.dropped += i.total.dropped;
        }
        audit_end(end);
    }

    /// What the rings still hold, once the kernel has handed over the block that it is filling.
    void drain() {
        const std::int64_t at_most = now<steady_clock>() + limits::drain_ms * millisecond;
        const std::int64_t at_least = std::min(now<steady_clock>() + timeout_ + 5 * millisecond, at_most);
        for (std::int64_t time = 0; going_on() && !patience_over() && time < at_most;
             time = now<steady_clock>()) {
            const bool idle = read_round() == 0;
            if (idle && time >= at_least) break;
            if (idle) wait(at_least);
        }
    }

    std::vector<interface>& interfaces_;
    std::int64_t timeout_;
    common::capture_writer writer_;
    std::vector<pollfd> polled_;
    std::size_t current_ = 0;
    std::int64_t look_ = 0; ///< when drops_seen() asks again
    bool unlooked_ = false; ///< packets came since it asked
    bool reader_gone_ = false, half_closed_ = false, stuck_ = false;
    std::uint64_t bytes_ = 0;
    std::string trouble_;
};

} // namespace

void check_output() {
    const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
        fail(reason::bad_request, "standard output is not open for writing");
    if (::isatty(STDOUT_FILENO) == 1)
        fail(reason::bad_request,
             "standard output is a terminal; give the stream a reader: weir-capture ... | weir -r -");
}

void stream(const walled& walls, std::vector<interface>& all, const common::capture_request& r,
            const std::string& reply) {
    pump(all, r).run(r, reply, walls.words);
}

} // namespace weir::capture_helper
